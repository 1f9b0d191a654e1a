import Contracts
import Glibc
import Logging

extension AgentConfiguration {
    /// Reads the file. An absent one means the defaults, unless it was named on the command line.
    static func load(path: String, isExplicit: Bool) throws(AgentError) -> AgentConfiguration {
        let bytes: [UInt8]?
        do { bytes = try Files.read(path, limit: 1 << 20) } catch {
            throw AgentError(
                error.errno == EACCES ? .permission : .configuration, unableTo: "read the configuration \(path)",
                String(cString: strerror(error.errno)), advice: "correct its path, its owner or its mode")
        }
        guard let bytes else {
            guard isExplicit else { return AgentConfiguration() }
            throw AgentError(
                .configuration, unableTo: "read the configuration \(path)", "there is no such file",
                advice: "correct --config, or leave it out to use the defaults")
        }
        do { return try AgentConfiguration(toml: String(decoding: bytes, as: UTF8.self)) } catch {
            throw AgentError(
                .configuration, unableTo: "use the configuration \(path)", error.description, advice: "correct the file"
            )
        }
    }

    /// Reads TOML text; a key that is not known, or a value that is not allowed, is an error.
    init(toml text: String) throws(TOMLDocument.Failure) {
        self.init()
        let root = TOMLSection(try TOMLDocument(text))
        try root.allow(["state_dir", "log_level", "hub", "collect", "privacy", "docker", "spool"])
        if let path = try root.string("state_dir") {
            guard path.hasPrefix("/") else { throw root.wrong("state_dir", "must be an absolute path") }
            stateDirectory = path
        }
        if let name = try root.string("log_level") {
            guard let level = Logger.Level(rawValue: name) else {
                throw root.wrong(
                    "log_level", "must be one of \(Logger.Level.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            logLevel = level
        }
        try readHub(root)
        try readKinds(root)
        try readCollection(root)
        try readSpool(root)
    }

    private mutating func readHub(_ root: TOMLSection) throws(TOMLDocument.Failure) {
        guard let hub = try root.section("hub") else { return }
        try hub.allow(["proxy"])
        guard let proxy = try hub.string("proxy") else { return }
        let schemes = ["http://", "https://", "socks5://", "socks5h://"]
        guard schemes.contains(where: { proxy.hasPrefix($0) && proxy.count > $0.count }) else {
            throw hub.wrong("proxy", "must begin with one of \(schemes.joined(separator: ", "))")
        }
        self.proxy = proxy
    }

    private mutating func readKinds(_ root: TOMLSection) throws(TOMLDocument.Failure) {
        guard let collect = try root.section("collect") else { return }
        try collect.allow(Kind.allCases.map(\.rawValue))
        for kind in Kind.allCases {
            guard let section = try collect.section(kind.rawValue) else { continue }
            try section.allow(["enabled", "interval_seconds"])
            var settings = settings(of: kind)
            settings.isEnabled = try section.bool("enabled") ?? settings.isEnabled
            settings.intervalSeconds =
                try section.integer("interval_seconds", in: 10...604_800) ?? settings.intervalSeconds
            kinds[kind] = settings
        }
    }

    private mutating func readCollection(_ root: TOMLSection) throws(TOMLDocument.Failure) {
        if let privacy = try root.section("privacy") {
            try privacy.allow(["serials", "neighbors", "labels", "redacted_labels"])
            collection.serials = try privacy.bool("serials") ?? collection.serials
            collection.neighbors = try privacy.bool("neighbors") ?? collection.neighbors
            collection.labels = try privacy.bool("labels") ?? collection.labels
            collection.redactedLabels = try privacy.strings("redacted_labels") ?? collection.redactedLabels
        }
        if let docker = try root.section("docker") {
            try docker.allow(["engine_sockets", "compose_roots", "compose_depth"])
            for key in ["engine_sockets", "compose_roots"] {
                guard let paths = try docker.strings(key) else { continue }
                guard paths.allSatisfy({ $0.hasPrefix("/") }) else {
                    throw docker.wrong(key, "must hold absolute paths")
                }
                if key == "engine_sockets" { collection.engineSockets = paths } else { collection.composeRoots = paths }
            }
            collection.composeDepth = try docker.integer("compose_depth", in: 0...10) ?? collection.composeDepth
        }
    }

    private mutating func readSpool(_ root: TOMLSection) throws(TOMLDocument.Failure) {
        guard let section = try root.section("spool") else { return }
        try section.allow(["max_bytes", "max_files", "max_age_hours"])
        spool.maxBytes = try section.integer("max_bytes", in: 1 << 20...1 << 40) ?? spool.maxBytes
        spool.maxFiles = try section.integer("max_files", in: 10...1_000_000) ?? spool.maxFiles
        spool.maxAgeHours = try section.integer("max_age_hours", in: 1...168) ?? spool.maxAgeHours
    }
}
