-- The largest fencing token that this database has seen of each Lease.
CREATE TABLE fence (
  lease text PRIMARY KEY,
  token bigint NOT NULL
);

-- The first statement of each transaction of a leader. A token that is smaller than one seen before makes the transaction
-- fail. A larger one has to wait for the transactions that are under way, because the row is locked until they end: so
-- nothing of a former leader is written after the first write of the next.
CREATE FUNCTION fence(of_lease text, with_token bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO fence AS known (lease, token) VALUES (of_lease, with_token)
    ON CONFLICT (lease) DO UPDATE SET token = with_token WHERE known.token <= with_token;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'a later leader of % has written: token % is too old', of_lease, with_token;
  END IF;
END
$$;

-- What the example writes.
CREATE TABLE result (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  token bigint NOT NULL,
  writer text NOT NULL,
  line text NOT NULL
);
