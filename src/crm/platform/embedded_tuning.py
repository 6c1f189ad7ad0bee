"""Server settings of the embedded PostgreSQL, fitted to the machine."""

import os

_MEGABYTE = 1024 * 1024


def server_options(durable: bool) -> dict[str, str]:
    """Settings for the command line. Not `durable` gives up safety against power loss (tests only)."""
    memory = _memory_megabytes()
    options = {
        "listen_addresses": "",
        "unix_socket_permissions": "0700",
        "max_connections": "100",
        "shared_buffers": f"{_between(128, memory // 8, 1024)}MB",
        "effective_cache_size": f"{max(256, memory // 2)}MB",
        "work_mem": "16MB",
        "maintenance_work_mem": f"{_between(64, memory // 16, 512)}MB",
        "random_page_cost": "1.1",
        "jit": "off",
        "max_wal_size": "4GB",
        "checkpoint_timeout": "15min",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_line_prefix": "%m [%p] ",
        "lc_messages": "C",
        "dynamic_shared_memory_type": "posix" if _shared_memory_megabytes() >= 512 else "mmap",
    }
    if not durable:
        options |= {
            "shared_buffers": "128MB",
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
        }
    return options


def _between(least: int, wanted: int, most: int) -> int:
    return max(least, min(wanted, most))


def _memory_megabytes() -> int:
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // _MEGABYTE


def _shared_memory_megabytes() -> int:
    try:
        status = os.statvfs("/dev/shm")  # noqa: S108  (its size is asked, nothing is written)
    except OSError:
        return 0
    return status.f_bavail * status.f_frsize // _MEGABYTE
