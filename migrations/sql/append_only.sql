-- The journal only grows. A statement trigger also catches TRUNCATE and statements that would touch no row.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % is not allowed', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE TRIGGER journal_entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON journal_entry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A payload may be erased (personal data), never rewritten.
CREATE TRIGGER journal_payload_no_rewrite BEFORE UPDATE OR TRUNCATE ON journal_payload
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
