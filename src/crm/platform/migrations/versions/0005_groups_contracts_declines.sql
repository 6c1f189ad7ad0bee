CREATE TABLE product_group (
    id UUID NOT NULL,
    kind VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    offering_code VARCHAR NOT NULL,
    owner_customer_id UUID,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_product_group PRIMARY KEY (id),
    CONSTRAINT fk_product_group_owner_customer_id FOREIGN KEY(owner_customer_id) REFERENCES customer (id)
);

CREATE INDEX ix_product_group_owner ON product_group (owner_customer_id);

ALTER TABLE product ADD COLUMN group_id UUID;
ALTER TABLE product ADD CONSTRAINT fk_product_group_id FOREIGN KEY(group_id) REFERENCES product_group (id);
CREATE INDEX ix_product_group ON product (group_id) WHERE group_id IS NOT NULL;

CREATE TABLE group_order (
    id UUID NOT NULL,
    number VARCHAR NOT NULL,
    idempotency_key VARCHAR NOT NULL,
    group_id UUID NOT NULL,
    group_name VARCHAR NOT NULL,
    subscriber_id UUID NOT NULL,
    customer_id UUID NOT NULL,
    interaction_id UUID NOT NULL,
    staff_id UUID NOT NULL,
    staff_number VARCHAR NOT NULL,
    staff_name VARCHAR NOT NULL,
    staff_role VARCHAR NOT NULL,
    action VARCHAR NOT NULL,
    offering_code VARCHAR NOT NULL,
    offering_name VARCHAR NOT NULL,
    told JSONB NOT NULL,
    note VARCHAR NOT NULL,
    state VARCHAR NOT NULL,
    total INTEGER NOT NULL,
    done INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    finished_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_group_order PRIMARY KEY (id),
    CONSTRAINT uq_group_order_number UNIQUE (number),
    CONSTRAINT uq_group_order_idempotency_key UNIQUE (idempotency_key),
    CONSTRAINT fk_group_order_group_id FOREIGN KEY(group_id) REFERENCES product_group (id)
);

CREATE INDEX ix_group_order_group ON group_order (group_id, created_at);
CREATE INDEX ix_group_order_running ON group_order (created_at) WHERE state = 'running';

CREATE TABLE group_order_member (
    id UUID NOT NULL,
    group_order_id UUID NOT NULL,
    position INTEGER NOT NULL,
    subscriber_id UUID NOT NULL,
    customer_id UUID NOT NULL,
    msisdn VARCHAR NOT NULL,
    product_id UUID NOT NULL,
    state VARCHAR NOT NULL,
    attempts INTEGER NOT NULL,
    verdict VARCHAR NOT NULL,
    order_number VARCHAR NOT NULL,
    work_order_number VARCHAR NOT NULL,
    note VARCHAR NOT NULL,
    settled_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_group_order_member PRIMARY KEY (id),
    CONSTRAINT uq_group_order_member_product UNIQUE (group_order_id, product_id),
    CONSTRAINT fk_group_order_member_group_order_id FOREIGN KEY(group_order_id) REFERENCES group_order (id),
    CONSTRAINT fk_group_order_member_subscriber_id FOREIGN KEY(subscriber_id) REFERENCES subscriber (id)
);

CREATE INDEX ix_group_order_member_waiting ON group_order_member (group_order_id, position)
    WHERE state = 'waiting';

ALTER TABLE work_order ADD COLUMN due_latest_at TIMESTAMP WITH TIME ZONE;
ALTER TABLE interaction ADD COLUMN offer_declined_at TIMESTAMP WITH TIME ZONE;
