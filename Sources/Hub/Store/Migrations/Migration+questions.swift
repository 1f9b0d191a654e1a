extension Migrations {
    /// What questions need besides the newest state: which host keys were seen first and which an operator vouches for,
    /// why a machine wants a reboot, and in which order events came.
    static let questions = Migration(
        version: 8, name: "questions",
        sql: """
            CREATE TABLE machine_host_key_sightings (
              machine_id BIGINT NOT NULL REFERENCES machines (id) ON DELETE CASCADE,
              type {TEXT} NOT NULL,
              fingerprint {TEXT} NOT NULL,
              public_key {TEXT} NOT NULL,
              first_received_at BIGINT NOT NULL,
              PRIMARY KEY (machine_id, type, fingerprint)
            ) {KEYED};

            INSERT INTO machine_host_key_sightings (machine_id, type, fingerprint, public_key, first_received_at)
            SELECT h.machine_id, h.type, h.fingerprint, h.public_key, coalesce(k.received_at, 0)
            FROM machine_host_keys h
            LEFT JOIN machine_kinds k ON k.machine_id = h.machine_id AND k.kind = 'hardware';

            CREATE TABLE host_key_approvals (
              machine_id BIGINT NOT NULL REFERENCES machines (id) ON DELETE CASCADE,
              type {TEXT} NOT NULL,
              fingerprint {TEXT} NOT NULL,
              approved_at BIGINT NOT NULL,
              approved_by {TEXT} NOT NULL,
              PRIMARY KEY (machine_id, type, fingerprint)
            ) {KEYED};

            CREATE TABLE apt_reboots (
              machine_id BIGINT PRIMARY KEY REFERENCES machines (id) ON DELETE CASCADE,
              required BIGINT,
              packages_json {TEXT},
              running_kernel {TEXT},
              newest_kernel {TEXT},
              services_json {TEXT}
            );

            CREATE TABLE event_feed (
              entry {ID},
              machine_id BIGINT NOT NULL REFERENCES machines (id) ON DELETE CASCADE,
              event_id {TEXT} NOT NULL,
              UNIQUE (machine_id, event_id)
            );

            CREATE INDEX machine_os_hostname ON machine_os (hostname);

            CREATE INDEX docker_containers_name ON docker_containers (name, machine_id);

            """,
        // Every event is fed, whoever enters it, and once. A trigger is the one thing that cannot be forgotten.
        only: [
            .sqlite: [
                """
                CREATE TRIGGER machine_events_feed AFTER INSERT ON machine_events BEGIN
                  INSERT INTO event_feed (machine_id, event_id) VALUES (NEW.machine_id, NEW.event_id)
                    ON CONFLICT (machine_id, event_id) DO NOTHING;
                  DELETE FROM event_feed WHERE entry <= (SELECT max(entry) FROM event_feed) - \(feedLength);
                END
                """
            ],
            .postgresql: [
                """
                CREATE FUNCTION feed_event() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                  INSERT INTO event_feed (machine_id, event_id) VALUES (NEW.machine_id, NEW.event_id)
                    ON CONFLICT (machine_id, event_id) DO NOTHING;
                  DELETE FROM event_feed WHERE entry <= (SELECT max(entry) FROM event_feed) - \(feedLength);
                  RETURN NEW;
                END $$
                """,
                """
                CREATE TRIGGER machine_events_feed AFTER INSERT ON machine_events
                FOR EACH ROW EXECUTE FUNCTION feed_event()
                """,
            ],
        ])

    /// Events that a follower may fall behind before it is told that it missed some.
    static let feedLength = 100_000
}
