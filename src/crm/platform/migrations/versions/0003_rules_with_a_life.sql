-- The life of rules. Generated from the models once, then frozen: later changes are later migrations.

CREATE TABLE rule_version (
    hash VARCHAR NOT NULL,
    number INTEGER NOT NULL,
    document VARCHAR NOT NULL,
    files JSONB NOT NULL,
    state VARCHAR NOT NULL,
    author_id UUID,
    author VARCHAR NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    based_on VARCHAR,
    changes JSONB NOT NULL,
    note VARCHAR NOT NULL,
    reviewed_by_id UUID,
    reviewed_by VARCHAR NOT NULL,
    reviewed_at TIMESTAMP WITH TIME ZONE,
    review_note VARCHAR NOT NULL,
    CONSTRAINT pk_rule_version PRIMARY KEY (hash),
    CONSTRAINT uq_rule_version_number UNIQUE (number),
    CONSTRAINT ck_rule_version_other_reviewer CHECK (reviewed_by_id IS NULL OR author_id IS NULL OR reviewed_by_id <> author_id),
    CONSTRAINT ck_rule_version_known_state CHECK (state IN ('draft', 'submitted', 'approved', 'returned', 'published'))
);

CREATE TABLE rule_in_force (
    id UUID NOT NULL,
    hash VARCHAR NOT NULL,
    from_at TIMESTAMP WITH TIME ZONE NOT NULL,
    decided_at TIMESTAMP WITH TIME ZONE NOT NULL,
    decided_by_id UUID,
    decided_by VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    note VARCHAR NOT NULL,
    withdrawn_at TIMESTAMP WITH TIME ZONE,
    withdrawn_by VARCHAR NOT NULL,
    CONSTRAINT pk_rule_in_force PRIMARY KEY (id),
    CONSTRAINT fk_rule_in_force_hash FOREIGN KEY(hash) REFERENCES rule_version (hash)
);

CREATE INDEX ix_rule_in_force_from ON rule_in_force (from_at);

CREATE TABLE rule_firing (
    rule_id VARCHAR NOT NULL,
    fired_on DATE NOT NULL,
    verdict VARCHAR NOT NULL,
    target VARCHAR NOT NULL,
    held VARCHAR NOT NULL,
    fired INTEGER NOT NULL,
    stopped INTEGER NOT NULL,
    ordered INTEGER NOT NULL,
    CONSTRAINT pk_rule_firing PRIMARY KEY (rule_id, fired_on, verdict, target, held)
);

CREATE TABLE rule_rehearsal (
    id UUID NOT NULL,
    rules_hash VARCHAR NOT NULL,
    against_hash VARCHAR NOT NULL,
    state VARCHAR NOT NULL,
    phase VARCHAR NOT NULL,
    done INTEGER NOT NULL,
    total INTEGER NOT NULL,
    asked_by VARCHAR NOT NULL,
    asked_at TIMESTAMP WITH TIME ZONE NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE,
    seen_at TIMESTAMP WITH TIME ZONE,
    finished_at TIMESTAMP WITH TIME ZONE,
    result JSONB,
    failure VARCHAR NOT NULL,
    CONSTRAINT pk_rule_rehearsal PRIMARY KEY (id),
    CONSTRAINT fk_rule_rehearsal_rules_hash FOREIGN KEY(rules_hash) REFERENCES rule_version (hash),
    CONSTRAINT fk_rule_rehearsal_against_hash FOREIGN KEY(against_hash) REFERENCES rule_version (hash)
);

CREATE INDEX ix_rule_rehearsal_draft ON rule_rehearsal (rules_hash, asked_at);
CREATE INDEX ix_rule_rehearsal_waiting ON rule_rehearsal (asked_at) WHERE state IN ('wanted', 'running');
CREATE INDEX ix_product_order_ordered_at ON product_order (ordered_at);
