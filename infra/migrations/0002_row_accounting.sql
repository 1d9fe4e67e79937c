-- What the source served and what of it was set aside, so that a load's row accounts for every record:
-- served = staged + rejected. NULL in rows of earlier versions.
ALTER TABLE claimcheck.loads
  ADD COLUMN records_served bigint,
  ADD COLUMN rows_rejected bigint,
  ADD CONSTRAINT loads_account_for_records CHECK (records_served = rows_staged + rows_rejected);
