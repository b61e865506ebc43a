"""Operations that diagrams of every area use: approvals, escalations, questions; knows all areas' kinds of records."""
