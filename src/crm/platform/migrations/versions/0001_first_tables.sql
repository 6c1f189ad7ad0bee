-- The first tables. Generated from the models once, then frozen: later changes are later migrations.

CREATE TABLE audit_entry (
    id UUID NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    actor_id UUID,
    actor_label VARCHAR NOT NULL,
    ip VARCHAR NOT NULL,
    interaction_id UUID,
    action VARCHAR NOT NULL,
    subject_kind VARCHAR NOT NULL,
    subject_id VARCHAR NOT NULL,
    detail JSONB NOT NULL,
    CONSTRAINT pk_audit_entry PRIMARY KEY (id, at)
)
 PARTITION BY RANGE (at);

CREATE INDEX ix_audit_entry_actor ON audit_entry (actor_id, at);
CREATE INDEX ix_audit_entry_subject ON audit_entry (subject_id, at);
CREATE TABLE audit_entry_other PARTITION OF audit_entry DEFAULT;

CREATE TABLE catalog_version (
    id SERIAL NOT NULL,
    version INTEGER NOT NULL,
    changed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_catalog_version PRIMARY KEY (id)
);


CREATE TABLE customer (
    id UUID NOT NULL,
    name VARCHAR NOT NULL,
    name_grams TSVECTOR,
    kind VARCHAR NOT NULL,
    identity_type VARCHAR NOT NULL,
    identity_sealed BYTEA,
    identity_index BYTEA,
    identity_tail VARCHAR NOT NULL,
    profile_recorded BOOLEAN NOT NULL,
    star_level INTEGER NOT NULL,
    contact_sealed BYTEA,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_customer PRIMARY KEY (id)
);

CREATE INDEX ix_customer_identity ON customer (identity_index);
CREATE INDEX ix_customer_name ON customer (name text_pattern_ops);
CREATE INDEX ix_customer_name_grams ON customer USING gin (name_grams);

CREATE TABLE daily_number (
    kind VARCHAR NOT NULL,
    on_day DATE NOT NULL,
    last INTEGER NOT NULL,
    CONSTRAINT pk_daily_number PRIMARY KEY (kind, on_day)
);


CREATE TABLE draft (
    interaction_id UUID NOT NULL,
    kind VARCHAR NOT NULL,
    body JSONB NOT NULL,
    saved_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_draft PRIMARY KEY (interaction_id, kind)
);


CREATE TABLE interaction (
    id UUID NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    channel VARCHAR NOT NULL,
    msisdn VARCHAR NOT NULL,
    subscriber_id UUID,
    staff_id UUID,
    reason VARCHAR NOT NULL,
    tags JSONB NOT NULL,
    note VARCHAR NOT NULL,
    CONSTRAINT pk_interaction PRIMARY KEY (id, started_at)
)
 PARTITION BY RANGE (started_at);

CREATE INDEX ix_interaction_staff ON interaction (staff_id, started_at);
CREATE INDEX ix_interaction_subscriber ON interaction (subscriber_id, started_at);
CREATE TABLE interaction_other PARTITION OF interaction DEFAULT;

CREATE TABLE knowledge_article (
    id TEXT NOT NULL,
    topic TEXT NOT NULL,
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    slug TEXT NOT NULL,
    keywords TEXT[] NOT NULL,
    source_refs TEXT[] NOT NULL,
    offerings TEXT[] NOT NULL,
    rules TEXT[] NOT NULL,
    origin TEXT NOT NULL,
    valid_from DATE NOT NULL,
    valid_to DATE,
    content_hash TEXT NOT NULL,
    revision BIGINT NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_knowledge_article PRIMARY KEY (id),
    CONSTRAINT ck_knowledge_article_origin CHECK (origin IN ('content', 'import'))
);

CREATE INDEX ix_knowledge_article_revision ON knowledge_article (revision);
CREATE INDEX ix_knowledge_article_topic ON knowledge_article (topic, id);

CREATE TABLE knowledge_sheet (
    id SMALLINT NOT NULL,
    document JSONB NOT NULL,
    content_hash TEXT NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_knowledge_sheet PRIMARY KEY (id),
    CONSTRAINT ck_knowledge_sheet_single CHECK (id = 1)
);


CREATE TABLE knowledge_version (
    id SMALLINT NOT NULL,
    number BIGINT NOT NULL,
    changed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_knowledge_version PRIMARY KEY (id),
    CONSTRAINT ck_knowledge_version_single CHECK (id = 1)
);


CREATE TABLE message (
    id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    subscriber_id UUID,
    msisdn VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    text VARCHAR NOT NULL,
    sent_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_message PRIMARY KEY (id, created_at)
)
 PARTITION BY RANGE (created_at);

CREATE INDEX ix_message_due ON message (created_at) WHERE sent_at IS NULL;
CREATE INDEX ix_message_subscriber ON message (subscriber_id, created_at);
CREATE TABLE message_other PARTITION OF message DEFAULT;

CREATE TABLE product_offering (
    code VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    origin VARCHAR NOT NULL,
    document JSONB NOT NULL,
    content_hash VARCHAR NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_product_offering PRIMARY KEY (code)
);


CREATE TABLE staff_group (
    id UUID NOT NULL,
    code VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    region VARCHAR NOT NULL,
    CONSTRAINT pk_staff_group PRIMARY KEY (id),
    CONSTRAINT uq_staff_group_code UNIQUE (code)
);


CREATE TABLE staff_member (
    id UUID NOT NULL,
    staff_number VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    role VARCHAR NOT NULL,
    password_hash VARCHAR NOT NULL,
    active BOOLEAN NOT NULL,
    must_change_password BOOLEAN NOT NULL,
    failed_logins INTEGER NOT NULL,
    locked_until_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_staff_member PRIMARY KEY (id),
    CONSTRAINT uq_staff_member_staff_number UNIQUE (staff_number)
);


CREATE TABLE work_order (
    id UUID NOT NULL,
    number VARCHAR NOT NULL,
    idempotency_key VARCHAR NOT NULL,
    type VARCHAR NOT NULL,
    state VARCHAR NOT NULL,
    urgency VARCHAR NOT NULL,
    urgency_rank INTEGER NOT NULL,
    queue VARCHAR NOT NULL,
    title VARCHAR NOT NULL,
    content VARCHAR NOT NULL,
    fields JSONB NOT NULL,
    handover JSONB NOT NULL,
    subscriber_id UUID,
    msisdn VARCHAR NOT NULL,
    region VARCHAR NOT NULL,
    star_level INTEGER NOT NULL,
    contact VARCHAR NOT NULL,
    channel VARCHAR NOT NULL,
    may_escalate BOOLEAN NOT NULL,
    interaction_id UUID,
    product_id UUID,
    parent_id UUID,
    repeat_of_id UUID,
    created_by_id UUID NOT NULL,
    created_by_number VARCHAR NOT NULL,
    created_by_name VARCHAR NOT NULL,
    created_group VARCHAR NOT NULL,
    assignee_id UUID,
    assignee_number VARCHAR NOT NULL,
    assignee_name VARCHAR NOT NULL,
    reply VARCHAR NOT NULL,
    replied_at TIMESTAMP WITH TIME ZONE,
    replied_by_number VARCHAR NOT NULL,
    resolution VARCHAR NOT NULL,
    responsible_unit VARCHAR NOT NULL,
    cause VARCHAR NOT NULL,
    satisfaction VARCHAR NOT NULL,
    sent_back_count INTEGER NOT NULL,
    reopened_count INTEGER NOT NULL,
    urged_count INTEGER NOT NULL,
    failed_contacts INTEGER NOT NULL,
    call_back BOOLEAN NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    contact_due_at TIMESTAMP WITH TIME ZONE,
    contacted_at TIMESTAMP WITH TIME ZONE,
    due_at TIMESTAMP WITH TIME ZONE NOT NULL,
    held_at TIMESTAMP WITH TIME ZONE,
    closed_at TIMESTAMP WITH TIME ZONE,
    closed_by_number VARCHAR NOT NULL,
    version INTEGER NOT NULL,
    CONSTRAINT pk_work_order PRIMARY KEY (id),
    CONSTRAINT uq_work_order_number UNIQUE (number),
    CONSTRAINT uq_work_order_idempotency_key UNIQUE (idempotency_key)
);

CREATE INDEX ix_work_order_assignee ON work_order (assignee_id, state);
CREATE INDEX ix_work_order_creator ON work_order (created_by_id, created_at);
CREATE INDEX ix_work_order_msisdn ON work_order (msisdn, created_at);
CREATE INDEX ix_work_order_parent ON work_order (parent_id);
CREATE INDEX ix_work_order_product ON work_order (product_id);
CREATE INDEX ix_work_order_queue ON work_order (queue, state, urgency_rank, due_at);
CREATE INDEX ix_work_order_subscriber ON work_order (subscriber_id, created_at);

CREATE TABLE knowledge_gap (
    id UUID NOT NULL,
    question TEXT NOT NULL,
    search_words TEXT NOT NULL,
    staff_id UUID NOT NULL,
    interaction_id UUID,
    subscriber_id UUID,
    state TEXT NOT NULL,
    work_order_id UUID,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    answered_at TIMESTAMP WITH TIME ZONE,
    answered_article_id TEXT,
    CONSTRAINT pk_knowledge_gap PRIMARY KEY (id),
    CONSTRAINT ck_knowledge_gap_state CHECK (state IN ('open', 'forwarded', 'answered')),
    CONSTRAINT fk_knowledge_gap_answered_article_id FOREIGN KEY(answered_article_id) REFERENCES knowledge_article (id)
);

CREATE INDEX ix_knowledge_gap_staff ON knowledge_gap (staff_id, id);
CREATE INDEX ix_knowledge_gap_state ON knowledge_gap (state, id);

CREATE TABLE knowledge_rating (
    id UUID NOT NULL,
    article_id TEXT NOT NULL,
    staff_id UUID NOT NULL,
    useful BOOLEAN NOT NULL,
    comment TEXT NOT NULL,
    interaction_id UUID,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_knowledge_rating PRIMARY KEY (id),
    CONSTRAINT fk_knowledge_rating_article_id FOREIGN KEY(article_id) REFERENCES knowledge_article (id)
);

CREATE UNIQUE INDEX uq_knowledge_rating_voice ON knowledge_rating (article_id, staff_id);

CREATE TABLE staff_membership (
    staff_id UUID NOT NULL,
    group_id UUID NOT NULL,
    CONSTRAINT pk_staff_membership PRIMARY KEY (staff_id, group_id),
    CONSTRAINT fk_staff_membership_staff_id FOREIGN KEY(staff_id) REFERENCES staff_member (id),
    CONSTRAINT fk_staff_membership_group_id FOREIGN KEY(group_id) REFERENCES staff_group (id)
);


CREATE TABLE staff_session (
    token_hash BYTEA NOT NULL,
    staff_id UUID NOT NULL,
    csrf VARCHAR NOT NULL,
    ip VARCHAR NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_staff_session PRIMARY KEY (token_hash),
    CONSTRAINT fk_staff_session_staff_id FOREIGN KEY(staff_id) REFERENCES staff_member (id)
);

CREATE INDEX ix_staff_session_staff ON staff_session (staff_id);

CREATE TABLE subscriber (
    id UUID NOT NULL,
    customer_id UUID NOT NULL,
    msisdn VARCHAR NOT NULL,
    brand VARCHAR NOT NULL,
    line_kind VARCHAR NOT NULL,
    region VARCHAR NOT NULL,
    status VARCHAR NOT NULL,
    service_password_hash BYTEA,
    password_failures INTEGER NOT NULL,
    password_locked_until_at TIMESTAMP WITH TIME ZONE,
    opened_on DATE NOT NULL,
    CONSTRAINT pk_subscriber PRIMARY KEY (id),
    CONSTRAINT fk_subscriber_customer_id FOREIGN KEY(customer_id) REFERENCES customer (id),
    CONSTRAINT uq_subscriber_msisdn UNIQUE (msisdn)
);

CREATE INDEX ix_subscriber_customer ON subscriber (customer_id);
CREATE INDEX ix_subscriber_msisdn_last4 ON subscriber (right(msisdn, 4), id);
CREATE INDEX ix_subscriber_msisdn_prefix ON subscriber (msisdn text_pattern_ops);

CREATE TABLE work_order_event (
    id UUID NOT NULL,
    work_order_id UUID NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    staff_id UUID,
    staff_number VARCHAR NOT NULL,
    staff_name VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    from_state VARCHAR NOT NULL,
    to_state VARCHAR NOT NULL,
    note VARCHAR NOT NULL,
    detail JSONB NOT NULL,
    CONSTRAINT pk_work_order_event PRIMARY KEY (id),
    CONSTRAINT fk_work_order_event_work_order_id FOREIGN KEY(work_order_id) REFERENCES work_order (id)
);

CREATE INDEX ix_work_order_event_order ON work_order_event (work_order_id, at);

CREATE TABLE identity_check (
    id UUID NOT NULL,
    interaction_id UUID NOT NULL,
    subscriber_id UUID NOT NULL,
    staff_id UUID,
    method VARCHAR NOT NULL,
    result VARCHAR NOT NULL,
    checked_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_identity_check PRIMARY KEY (id),
    CONSTRAINT fk_identity_check_subscriber_id FOREIGN KEY(subscriber_id) REFERENCES subscriber (id)
);

CREATE INDEX ix_identity_check_interaction ON identity_check (interaction_id);

CREATE TABLE one_time_code (
    id UUID NOT NULL,
    interaction_id UUID NOT NULL,
    subscriber_id UUID NOT NULL,
    code_hash BYTEA NOT NULL,
    attempts INTEGER NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    used_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_one_time_code PRIMARY KEY (id),
    CONSTRAINT fk_one_time_code_subscriber_id FOREIGN KEY(subscriber_id) REFERENCES subscriber (id)
);

CREATE INDEX ix_one_time_code_interaction_id ON one_time_code (interaction_id);

CREATE TABLE product (
    id UUID NOT NULL,
    subscriber_id UUID NOT NULL,
    offering_code VARCHAR NOT NULL,
    origin VARCHAR NOT NULL,
    status VARCHAR NOT NULL,
    starts_on DATE NOT NULL,
    ends_on DATE,
    locked_until DATE,
    came_with_id UUID,
    campaign VARCHAR NOT NULL,
    order_id UUID,
    free_until DATE,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_product PRIMARY KEY (id),
    CONSTRAINT fk_product_subscriber_id FOREIGN KEY(subscriber_id) REFERENCES subscriber (id)
);

CREATE INDEX ix_product_subscriber ON product (subscriber_id, ends_on);
CREATE INDEX ix_product_to_end ON product (ends_on) WHERE status = 'active' AND ends_on IS NOT NULL;
CREATE INDEX ix_product_to_start ON product (starts_on) WHERE status = 'reserved';

CREATE TABLE product_order (
    id UUID NOT NULL,
    number VARCHAR NOT NULL,
    idempotency_key VARCHAR NOT NULL,
    subscriber_id UUID NOT NULL,
    msisdn VARCHAR NOT NULL,
    interaction_id UUID,
    staff_id UUID,
    staff_number VARCHAR NOT NULL,
    channel VARCHAR NOT NULL,
    state VARCHAR NOT NULL,
    ordered_at TIMESTAMP WITH TIME ZONE NOT NULL,
    completed_at TIMESTAMP WITH TIME ZONE,
    verdict VARCHAR NOT NULL,
    change JSONB NOT NULL,
    facts JSONB NOT NULL,
    qualification JSONB NOT NULL,
    consents JSONB NOT NULL,
    rules_hash VARCHAR NOT NULL,
    catalogue_hash VARCHAR NOT NULL,
    consent_token VARCHAR NOT NULL,
    note VARCHAR NOT NULL,
    CONSTRAINT pk_product_order PRIMARY KEY (id),
    CONSTRAINT uq_product_order_number UNIQUE (number),
    CONSTRAINT uq_product_order_idempotency_key UNIQUE (idempotency_key),
    CONSTRAINT fk_product_order_subscriber_id FOREIGN KEY(subscriber_id) REFERENCES subscriber (id)
);

CREATE INDEX ix_product_order_subscriber ON product_order (subscriber_id, ordered_at);

CREATE TABLE waiting_wish (
    id UUID NOT NULL,
    subscriber_id UUID NOT NULL,
    interaction_id UUID,
    staff_number VARCHAR NOT NULL,
    change JSONB NOT NULL,
    work_order_id UUID NOT NULL,
    work_order_number VARCHAR NOT NULL,
    held_id UUID,
    held_name VARCHAR NOT NULL,
    state VARCHAR NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ready_at TIMESTAMP WITH TIME ZONE,
    closed_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_waiting_wish PRIMARY KEY (id),
    CONSTRAINT fk_waiting_wish_subscriber_id FOREIGN KEY(subscriber_id) REFERENCES subscriber (id)
);

CREATE INDEX ix_waiting_wish_subscriber ON waiting_wish (subscriber_id, state);
CREATE INDEX ix_waiting_wish_work_order ON waiting_wish (work_order_id);

CREATE TABLE product_order_event (
    id UUID NOT NULL,
    order_id UUID NOT NULL,
    item_id UUID,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    staff_number VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    from_state VARCHAR NOT NULL,
    to_state VARCHAR NOT NULL,
    note VARCHAR NOT NULL,
    CONSTRAINT pk_product_order_event PRIMARY KEY (id),
    CONSTRAINT fk_product_order_event_order_id FOREIGN KEY(order_id) REFERENCES product_order (id)
);

CREATE INDEX ix_product_order_event_order ON product_order_event (order_id, at);

CREATE TABLE product_order_item (
    id UUID NOT NULL,
    order_id UUID NOT NULL,
    position INTEGER NOT NULL,
    action VARCHAR NOT NULL,
    offering_code VARCHAR NOT NULL,
    offering_name VARCHAR NOT NULL,
    product_id UUID,
    reason VARCHAR NOT NULL,
    cause_id UUID,
    effective_on DATE NOT NULL,
    previous_ends_on DATE,
    state VARCHAR NOT NULL,
    attempts INTEGER NOT NULL,
    failure VARCHAR NOT NULL,
    CONSTRAINT pk_product_order_item PRIMARY KEY (id),
    CONSTRAINT fk_product_order_item_order_id FOREIGN KEY(order_id) REFERENCES product_order (id)
);

CREATE INDEX ix_product_order_item_due ON product_order_item (effective_on) WHERE state = 'pending';
CREATE INDEX ix_product_order_item_order ON product_order_item (order_id);
CREATE INDEX ix_product_order_item_product ON product_order_item (product_id);

CREATE TABLE provisioning_request (
    id UUID NOT NULL,
    order_item_id UUID NOT NULL,
    msisdn VARCHAR NOT NULL,
    action VARCHAR NOT NULL,
    offering_code VARCHAR NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE NOT NULL,
    sent_at TIMESTAMP WITH TIME ZONE,
    given_up_at TIMESTAMP WITH TIME ZONE,
    attempts INTEGER NOT NULL,
    CONSTRAINT pk_provisioning_request PRIMARY KEY (id),
    CONSTRAINT fk_provisioning_request_order_item_id FOREIGN KEY(order_item_id) REFERENCES product_order_item (id)
);

CREATE INDEX ix_provisioning_request_due ON provisioning_request (due_at) WHERE sent_at IS NULL AND given_up_at IS NULL;
CREATE INDEX ix_provisioning_request_item ON provisioning_request (order_item_id);
