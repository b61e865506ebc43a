-- Anchors only grow, as what they prove does.
CREATE TRIGGER journal_anchor_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON journal_anchor
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER journal_anchor_head_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON journal_anchor_head
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
