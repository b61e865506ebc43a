-- What a completed task showed is history like the journal: it only grows.
CREATE TRIGGER evidence_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON evidence
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A payload goes only after a line of the journal has said that it will: nobody erases without leaving a trace.
CREATE FUNCTION refuse_silent_erasure() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM journal_entry
        WHERE chain = 'system:erasure' AND event = 'journal.erased'
            AND data -> 'erased' -> OLD.chain @> to_jsonb(OLD.position)
    ) THEN
        RAISE EXCEPTION '% is append-only: no line of the journal says that % of % is erased',
            TG_TABLE_NAME, OLD.position, OLD.chain
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN OLD;
END
$$;

CREATE TRIGGER journal_payload_no_silent_erasure BEFORE DELETE ON journal_payload
    FOR EACH ROW EXECUTE FUNCTION refuse_silent_erasure();
