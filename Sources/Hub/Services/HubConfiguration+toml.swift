import TOMLKit

/// Why a configuration cannot be used: which file, which key, what it should be.
struct ConfigurationFailure: Error, CustomStringConvertible {
    let description: String
}

extension HubConfiguration {
    static let defaultPath = "/etc/vigie/hub.toml"

    /// Reads a file; without a path the default one, if it is there.
    static func load(path: String?) throws -> HubConfiguration {
        let text: String?
        do { text = try SecretFile.read(path ?? defaultPath) } catch {
            throw ConfigurationFailure(description: error.description)
        }
        guard let text else {
            if let path { throw ConfigurationFailure(description: "\(path) does not exist") }
            return HubConfiguration()
        }
        return try HubConfiguration(toml: text, source: path ?? defaultPath)
    }

    /// - Parameter source: what messages call the file.
    init(toml text: String, source: String) throws {
        self.init()
        let table: TOMLTable
        do { table = try TOMLTable(string: text) } catch let error as TOMLParseError {
            let begin = error.source.begin
            throw ConfigurationFailure(
                description: "\(source), line \(begin.line): \(error.description.split(separator: "\n").first ?? "")")
        }
        var reader = SectionReader(source: source, table: table, path: "")
        try reader.section("server") { section in
            try section.string("listen", &server.listen)
            try section.string("data_dir", &server.dataDirectory)
            try section.strings("names", &server.names)
            try section.strings("urls", &server.urls)
            try section.strings("trusted_proxies", &server.trustedProxies)
            try section.bool("insecure_http", &server.insecureHTTP)
            try section.count("upgrade_copies", &server.upgradeCopies, least: 0)
        }
        try reader.section("tls") { section in
            try section.optional("certificate", &tls.certificate)
            try section.optional("key", &tls.key)
            try section.optional("authority", &tls.authority)
        }
        try reader.section("announce") { section in
            try section.strings("urls", &announce.urls)
            try section.strings("authorities", &announce.authorities)
        }
        try reader.section("limits") { section in
            try section.count("compressed_bytes", &limits.compressedBytes)
            try section.count("inflated_bytes", &limits.inflatedBytes)
            try section.count("in_flight_bytes", &limits.inFlightBytes)
            try section.count("queue_snapshots", &limits.queueSnapshots)
            try section.count("queue_bytes", &limits.queueBytes)
            try section.count("requests_per_minute", &limits.requestsPerMinute)
            try section.count("connections", &limits.connections)
            try section.count("body_seconds", &limits.bodySeconds)
            try section.count("idle_seconds", &limits.idleSeconds)
            try section.count("quarantine_entries", &limits.quarantineEntries)
            try section.count("quarantine_bytes", &limits.quarantineBytes)
        }
        try reader.section("retention") { section in
            try section.count("metrics_hours", &retention.metricsHours)
            try section.count("database_bytes", &retention.databaseBytes)
            try section.count("minimum_free_bytes", &retention.minimumFreeBytes)
            try section.count("host_metrics_days", &retention.hostMetricsDays)
            try section.count("rollup_5m_days", &retention.rollup5mDays)
            try section.count("rollup_1h_days", &retention.rollup1hDays)
            try section.count("inventory_days", &retention.inventoryDays)
            try section.count("events_days", &retention.eventsDays)
            try section.count("audit_days", &retention.auditDays)
            try section.count("quarantine_days", &retention.quarantineDays)
            try section.count("hub_metrics_days", &retention.hubMetricsDays)
        }
        try reader.section("registries") { section in
            try section.bool("enabled", &registries.isEnabled)
            try section.strings("allowed", &registries.allowed)
            try section.strings("insecure", &registries.insecure)
            try section.count("interval_hours", &registries.intervalHours)
            try section.count("requests_per_hour", &registries.requestsPerHour)
            try section.optional("credentials_file", &registries.credentialsFile)
            try section.optional("ca_file", &registries.caFile)
            try section.optional("proxy", &registries.proxy)
        }
        try reader.refuseOthers()
        try validate(source: source)
    }

    func validate(source: String) throws {
        func fail(_ text: String) -> ConfigurationFailure {
            ConfigurationFailure(description: "\(source): \(text)")
        }
        if let words = retention.contradiction { throw fail(words) }
        guard (tls.certificate == nil) == (tls.key == nil) else {
            throw fail("tls.certificate and tls.key belong together; give both or none")
        }
        guard tls.authority == nil || tls.certificate != nil else {
            throw fail("tls.authority is only of use with tls.certificate and tls.key")
        }
        for proxy in server.trustedProxies where IPNetwork(proxy) == nil {
            throw fail("server.trusted_proxies: \(proxy) is neither an address nor a network as 10.0.0.0/8")
        }
        for url in server.urls where !(url.hasPrefix("https://") || url.hasPrefix("http://")) {
            throw fail("server.urls: \(url) must begin with https://")
        }
        for url in announce.urls where !url.hasPrefix("https://") {
            throw fail("announce.urls: \(url) must begin with https://: machines send their tokens nowhere else")
        }
        for name in server.names where name.isEmpty || name.contains(where: { " /:".contains($0) }) {
            guard IPAddress(name) == nil else { continue }
            throw fail("server.names: '\(name)' is neither a host name nor an address")
        }
        for registry in registries.allowed + registries.insecure where !ImageReference.isRegistry(registry) {
            throw fail("registries: '\(registry)' is no registry, as docker.io or registry.example:5000, in lower case")
        }
        for registry in registries.insecure where !registries.allowed.contains(registry) {
            throw fail("registries.insecure: \(registry) must stand in registries.allowed too")
        }
        guard registries.intervalHours <= 24 * 30 else { throw fail("registries.interval_hours must be at most 720") }
        guard ListenAddress(server.listen) != nil else {
            throw fail("server.listen: '\(server.listen)' must be HOST:PORT, as [::]:8443 or 127.0.0.1:8443")
        }
    }
}

/// Reads one table of a TOML file and remembers which keys were asked for: any other is a mistake worth an error.
private struct SectionReader {
    let source: String
    let table: TOMLTable
    let path: String
    private var known: Set<String> = []

    init(source: String, table: TOMLTable, path: String) {
        self.source = source
        self.table = table
        self.path = path
    }

    private func fail(_ key: String, _ expected: String) -> ConfigurationFailure {
        ConfigurationFailure(description: "\(source): \(path)\(key) must be \(expected)")
    }

    mutating func section(_ name: String, _ body: (inout SectionReader) throws -> Void) throws {
        known.insert(name)
        guard let value = table[name] else { return }
        guard let inner = value.table else { throw fail(name, "a table, as [\(name)]") }
        var reader = SectionReader(source: source, table: inner, path: "\(name).")
        try body(&reader)
        try reader.refuseOthers()
    }

    func refuseOthers() throws {
        for key in table.keys.sorted() where !known.contains(key) {
            throw ConfigurationFailure(
                description: "\(source): \(path)\(key) is no key of this file; known are "
                    + known.sorted().joined(separator: ", "))
        }
    }

    mutating func string(_ key: String, _ target: inout String) throws {
        known.insert(key)
        guard let value = table[key] else { return }
        guard let text = value.string else { throw fail(key, "a text in quotes") }
        target = text
    }

    mutating func optional(_ key: String, _ target: inout String?) throws {
        var text = ""
        try string(key, &text)
        if !text.isEmpty { target = text }
    }

    mutating func strings(_ key: String, _ target: inout [String]) throws {
        known.insert(key)
        guard let value = table[key] else { return }
        guard let array = value.array else { throw fail(key, #"a list of texts, as ["a", "b"]"#) }
        target = try array.map { element in
            guard let text = element.string else { throw fail(key, #"a list of texts, as ["a", "b"]"#) }
            return text
        }
    }

    mutating func bool(_ key: String, _ target: inout Bool) throws {
        known.insert(key)
        guard let value = table[key] else { return }
        guard let flag = value.bool else { throw fail(key, "true or false") }
        target = flag
    }

    mutating func count(_ key: String, _ target: inout Int, least: Int = 1) throws {
        known.insert(key)
        guard let value = table[key] else { return }
        guard let number = value.int, number >= least else { throw fail(key, "a whole number above \(least - 1)") }
        target = number
    }
}
