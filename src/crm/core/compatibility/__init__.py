"""Compatibility: judges a product change against the rules of 《10086注意事项》 and says why."""
