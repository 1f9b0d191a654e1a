extension Migrations {
    static let derivedAPT = """
        CREATE TABLE apt_packages (
          \(ofMachine),
          name {TEXT} NOT NULL,
          architecture {TEXT} NOT NULL,
          version {TEXT} NOT NULL,
          source {TEXT},
          state {TEXT} NOT NULL,
          automatic BIGINT NOT NULL,
          held BIGINT NOT NULL,
          installed_size_bytes BIGINT,
          PRIMARY KEY (machine_id, name, architecture)
        ) {KEYED};
        CREATE INDEX apt_packages_name ON apt_packages (name);
        CREATE TABLE apt_leftover_packages (
          \(ofMachine),
          name {TEXT} NOT NULL,
          architecture {TEXT} NOT NULL,
          reason {TEXT} NOT NULL,
          version {TEXT} NOT NULL,
          PRIMARY KEY (machine_id, name, architecture, reason)
        ) {KEYED};
        CREATE TABLE apt_planned_packages (
          \(ofMachine),
          name {TEXT} NOT NULL,
          architecture {TEXT} NOT NULL,
          current_version {TEXT},
          target_version {TEXT},
          origin {TEXT},
          suite {TEXT},
          operation {TEXT} NOT NULL,
          security BIGINT NOT NULL,
          pending BIGINT NOT NULL,
          size_bytes BIGINT,
          status {TEXT} NOT NULL,
          reason {TEXT},
          phased_percent BIGINT,
          PRIMARY KEY (machine_id, name, architecture)
        ) {KEYED};
        CREATE INDEX apt_planned_packages_name ON apt_planned_packages (name);
        CREATE INDEX apt_planned_packages_security ON apt_planned_packages (security, name);
        CREATE TABLE apt_applied_packages (
          \(ofMachine),
          started_at BIGINT NOT NULL,
          name {TEXT} NOT NULL,
          architecture {TEXT} NOT NULL,
          operation {TEXT} NOT NULL,
          from_version {TEXT},
          to_version {TEXT},
          automatic BIGINT,
          ended_at BIGINT,
          command_line {TEXT},
          requested_by {TEXT},
          error {TEXT},
          PRIMARY KEY (machine_id, started_at, name, architecture, operation)
        ) {KEYED};
        CREATE INDEX apt_applied_packages_name ON apt_applied_packages (name, started_at);
        CREATE INDEX apt_applied_packages_started ON apt_applied_packages (started_at);
        CREATE TABLE apt_sources (
          \(ofMachine),
          file {TEXT} NOT NULL,
          type {TEXT} NOT NULL,
          uri {TEXT} NOT NULL,
          suite {TEXT} NOT NULL,
          line BIGINT NOT NULL,
          format {TEXT} NOT NULL,
          components_json {TEXT},
          architectures_json {TEXT},
          enabled BIGINT NOT NULL,
          signed_by {TEXT},
          trusted BIGINT,
          fetched_at BIGINT,
          problem {TEXT},
          PRIMARY KEY (machine_id, file, type, uri, suite, line)
        );
        CREATE TABLE apt_errors (
          \(ofMachine),
          category {TEXT} NOT NULL,
          subject {TEXT} NOT NULL,
          severity {TEXT} NOT NULL,
          message {TEXT} NOT NULL,
          remedy {TEXT},
          PRIMARY KEY (machine_id, category, subject)
        );

        """
}
