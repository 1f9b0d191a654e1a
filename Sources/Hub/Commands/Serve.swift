import ArgumentParser
import Logging
import Transport

/// `vigie-hub serve`
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Take snapshots and answer questions, until told to stop.",
        discussion: """
            The first start makes the data directory, the database, a certificate authority of the hub's own and a \
            server certificate for the names given, the host's name and loopback. SIGTERM and SIGINT end it after what \
            is in flight has been answered. Under systemd it tells readiness, signs of life and its end (Type=notify).

            Examples:
              vigie-hub serve --name hub.example.org --url https://hub.example.org:8443
              vigie-hub serve --listen 127.0.0.1:0 --data-dir /tmp/hub --ready-file /tmp/hub.ready
            """)

    @OptionGroup var data: DataOptions

    @Option(help: "HOST:PORT; port 0 takes a free one (default: [::]:8443, IPv4 too).")
    var listen: String?

    @Option(name: .customLong("name"), help: "A name or address of this hub, for its certificate; repeatable.")
    var names: [String] = []

    @Option(name: .customLong("url"), help: "A URL under which machines reach this hub; repeatable.")
    var urls: [String] = []

    @Option(help: "PEM file of a certificate chain to use in place of the hub's own.")
    var tlsCertificate: String?

    @Option(help: "PEM file of that certificate's key.")
    var tlsKey: String?

    @Option(help: "Write URL, port, fingerprint and process id here, as JSON, once the hub serves.")
    var readyFile: String?

    @Flag(help: "HTTP without TLS, on loopback only: for a reverse proxy on this machine.")
    var insecureHttp = false

    func run() async throws {
        var configuration = try data.configuration()
        if let listen { configuration.server.listen = listen }
        configuration.server.names = names + configuration.server.names
        if !urls.isEmpty { configuration.server.urls = urls }
        if let tlsCertificate { configuration.tls.certificate = tlsCertificate }
        if let tlsKey { configuration.tls.key = tlsKey }
        if insecureHttp { configuration.server.insecureHTTP = true }
        try configuration.validate(source: "vigie-hub serve")
        let manager = ServiceManager.current()
        let logger = Logger(label: "vigie-hub") { _ in StandardErrorLog(forJournal: manager.logsToJournal) }
        let hub = try HubServer(
            configuration: configuration, readyFile: readyFile, logger: logger, manager: manager)
        try await hub.run(logger: logger)
        logger.notice("stopped")
    }
}
