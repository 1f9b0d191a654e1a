/// What `/etc/vigie/hub.toml` and the flags of `vigie-hub serve` say; the values here are the defaults.
struct HubConfiguration: Equatable, Sendable {
    struct Server: Equatable, Sendable {
        /// `HOST:PORT`; `[::]` takes IPv4 too.
        var listen = "[::]:8443"
        var dataDirectory = "/var/lib/vigie-hub"
        /// Names and addresses of the certificate, besides the host's own name and loopback.
        var names: [String] = []
        /// What machines connect to; empty means the host's name and the port listened on.
        var urls: [String] = []
        /// Addresses or networks whose `X-Forwarded-For` is believed.
        var trustedProxies: [String] = []
        /// HTTP without TLS; only on loopback.
        var insecureHTTP = false
        /// How many copies of the database stay that were made before an upgrade of its tables; 0 makes none.
        var upgradeCopies = 2
    }

    struct TLS: Equatable, Sendable {
        /// PEM files of a certificate chain and its key; both or none. Without them the hub is its own authority.
        var certificate: String?
        var key: String?
        /// PEM of a private authority that signed the chain; absent where the system's store knows it.
        var authority: String?
    }

    /// What machines are told to go by from now on: for a hub that moves, or whose authority changes.
    struct Announce: Equatable, Sendable {
        /// URLs to try before this hub's own.
        var urls: [String] = []
        /// PEM files of authorities to trust besides this hub's own.
        var authorities: [String] = []
    }

    struct Limits: Equatable, Sendable {
        /// A request's body, in bytes.
        var compressedBytes = 4 * 1024 * 1024
        /// The same, inflated.
        var inflatedBytes = 32 * 1024 * 1024
        /// Bodies being received, over all requests.
        var inFlightBytes = 64 * 1024 * 1024
        /// Snapshots that wait for their transaction, and their bytes.
        var queueSnapshots = 4096
        var queueBytes = 64 * 1024 * 1024
        /// For each machine.
        var requestsPerMinute = 600
        /// Connections kept; beyond, the longest idle ones are closed.
        var connections = 10_000
        /// How long a request may take to arrive, and a connection may be silent.
        var bodySeconds = 30
        var idleSeconds = 150
        var quarantineEntries = 10_000
        var quarantineBytes = 256 * 1024 * 1024
    }

    /// What may be asked of registries, and how often.
    struct Registries: Equatable, Sendable {
        /// Whether the hub asks at all.
        var isEnabled = true
        /// No other registry is ever sent a request.
        var allowed = ["docker.io", "ghcr.io", "quay.io", "lscr.io", "registry.k8s.io", "mcr.microsoft.com"]
        /// Of those, registries without TLS.
        var insecure: [String] = []
        /// Between two questions about one tag.
        var intervalHours = 24
        /// To one registry.
        var requestsPerHour = 60
        /// In the form of Docker's `config.json`.
        var credentialsFile: String?
        /// PEM of authorities to trust besides the system's.
        var caFile: String?
        /// Nil takes the environment's.
        var proxy: String?
    }

    var server = Server()
    var tls = TLS()
    var announce = Announce()
    var limits = Limits()
    var retention = RetentionPolicy()
    var registries = Registries()
}
