import Foundation
import TestSupport
import Testing

@testable import Hub

struct HubConfigurationTests {
    @Test func sampleStatesTheDefaults() throws {
        let sample = String(decoding: try Repository.bytes("packaging/hub.toml"), as: UTF8.self)
        #expect(try HubConfiguration(toml: sample, source: "hub.toml") == HubConfiguration())
        // Every commented key, taken as it stands, is the default.
        let lines = sample.split(separator: "\n", omittingEmptySubsequences: false)
        let taken = lines.map { $0.wholeMatch(of: ##/#([a-z0-9_]+ = .*)/##).map { String($0.1) } ?? String($0) }
        let configuration = try HubConfiguration(toml: taken.joined(separator: "\n"), source: "hub.toml")
        #expect(configuration == HubConfiguration())
        #expect(taken.count { $0.contains(#/^[a-z0-9_]+ = /#) } == 42, "a key is missing from the sample")
    }

    @Test func everyKeyIsRead() throws {
        let configuration = try HubConfiguration(
            toml: """
                [server]
                listen = "127.0.0.1:1"
                data_dir = "/x"
                names = ["a", "10.0.0.1"]
                urls = ["https://a"]
                trusted_proxies = ["10.0.0.0/8", "::1"]
                insecure_http = true
                [tls]
                certificate = "/c"
                key = "/k"
                authority = "/a"
                [limits]
                compressed_bytes = 1
                inflated_bytes = 2
                in_flight_bytes = 3
                queue_snapshots = 4
                queue_bytes = 5
                requests_per_minute = 6
                connections = 7
                body_seconds = 8
                idle_seconds = 9
                quarantine_entries = 10
                quarantine_bytes = 11
                [retention]
                metrics_hours = 1
                database_bytes = 2
                minimum_free_bytes = 3
                host_metrics_days = 4
                rollup_5m_days = 5
                rollup_1h_days = 6
                inventory_days = 31
                events_days = 32
                audit_days = 365
                quarantine_days = 7
                hub_metrics_days = 8
                """, source: "x")
        #expect(configuration.server.names == ["a", "10.0.0.1"])
        #expect(configuration.server.trustedProxies.count == 2)
        #expect(configuration.server.insecureHTTP)
        #expect(configuration.tls == .init(certificate: "/c", key: "/k", authority: "/a"))
        let limits = configuration.limits
        #expect(
            [
                limits.compressedBytes, limits.inflatedBytes, limits.inFlightBytes, limits.queueSnapshots,
                limits.queueBytes, limits.requestsPerMinute, limits.connections, limits.bodySeconds,
                limits.idleSeconds, limits.quarantineEntries, limits.quarantineBytes,
            ] == Array(1...11))
        let retention = configuration.retention
        let values: [Int] = [
            retention.metricsHours, retention.databaseBytes, retention.minimumFreeBytes, retention.hostMetricsDays,
            retention.rollup5mDays, retention.rollup1hDays, retention.inventoryDays, retention.eventsDays,
            retention.auditDays, retention.quarantineDays, retention.hubMetricsDays,
        ]
        #expect(values == [1, 2, 3, 4, 5, 6, 31, 32, 365, 7, 8])
    }

    @Test(arguments: [
        ("[server", "hub.toml, line 1"), ("servers = 1", "servers is no key"),
        ("[limits]\nqueue = 1", "limits.queue is no key"), ("[limits]\nqueue_bytes = 0", "limits.queue_bytes must be"),
        ("[server]\nlisten = 8443", "server.listen must be a text"),
        ("[server]\nlisten = \"8443\"", "must be HOST:PORT"), ("[server]\nnames = [1]", "must be a list of texts"),
        ("[server]\nnames = [\"a b\"]", "neither a host name nor an address"),
        ("[server]\ntrusted_proxies = [\"10.0.0.0/99\"]", "neither an address nor a network"),
        ("[server]\nurls = [\"hub:8443\"]", "must begin with https://"),
        ("[tls]\nkey = \"/k\"", "belong together"), ("server = 1", "must be a table"),
        ("[retention]\naudit_days = 30", "retention.audit_days must be 365 or more"),
        ("[retention]\ninventory_days = 30", "retention.inventory_days must be 31 or more"),
        ("[retention]\nevents_days = 60", "retention.events_days must not be less"),
        ("[retention]\nrollup_1h_days = 10", "retention.rollup_1h_days must not be less"),
        ("[retention]\nmetrics_days = 1", "retention.metrics_days is no key"),
    ])
    func mistakesAreNamed(_ text: String, _ words: String) throws {
        do {
            _ = try HubConfiguration(toml: text, source: "hub.toml")
            Issue.record("it was taken")
        } catch let failure as ConfigurationFailure {
            #expect(failure.description.contains(words), "\(failure)")
            #expect(failure.description.hasPrefix("hub.toml"))
            #expect(!failure.description.contains("\n"))
        }
    }

    @Test func listenAddresses() {
        #expect(ListenAddress("[::]:8443") == ListenAddress(host: "::", port: 8443))
        #expect(ListenAddress("127.0.0.1:0")?.isLoopback == true)
        #expect(ListenAddress("[::1]:1")?.isLoopback == true)
        #expect(ListenAddress("hub.example.org:1")?.isLoopback == false)
        #expect(ListenAddress("[::1]:1")?.description == "[::1]:1")
        for bad in ["8443", ":8443", "::1:8443", "[::1]", "[::1:1", "a:b", "a:70000", "a:-1", ""] {
            #expect(ListenAddress(bad) == nil, "\(bad)")
        }
    }

    @Test func addressesAndNetworks() throws {
        let network = try #require(IPNetwork("10.1.0.0/16"))
        #expect(network.contains(try #require(IPAddress("10.1.2.3"))))
        #expect(network.contains(try #require(IPAddress("::ffff:10.1.2.3"))), "IPv4 on a dual-stack socket")
        #expect(!network.contains(try #require(IPAddress("10.2.0.1"))))
        #expect(!network.contains(try #require(IPAddress("::1"))))
        #expect(try #require(IPNetwork("fd00::/9")).contains(try #require(IPAddress("fd7f::1"))))
        #expect(IPNetwork("10.0.0.0/33") == nil)
        #expect(IPNetwork("x") == nil)
        let resolver = RemoteAddress(trustedProxies: [network])
        #expect(resolver.resolve(peer: "10.1.0.1", forwarded: "1.1.1.1, 2.2.2.2, 10.1.0.9") == "2.2.2.2")
        #expect(resolver.resolve(peer: "10.1.0.1", forwarded: "1.1.1.1, nonsense") == "10.1.0.1")
        #expect(resolver.resolve(peer: "192.0.2.1", forwarded: "1.1.1.1") == "192.0.2.1")
        #expect(resolver.resolve(peer: nil, forwarded: "1.1.1.1") == nil)
    }

    @Test func rateIsRefilledEvenly() {
        let limiter = RateLimiter(perMinute: 60)
        let start = ContinuousClock.now
        for _ in 0..<60 { #expect(limiter.take(1, now: start) == nil) }
        #expect(limiter.take(1, now: start) == 1)
        #expect(limiter.take(2, now: start) == nil, "another machine has its own")
        #expect(limiter.take(1, now: start + .milliseconds(1100)) == nil)
        #expect(limiter.take(1, now: start + .milliseconds(1100)) == 1)
    }

    @Test func periods() {
        #expect(Period(argument: "90s")?.seconds == 90)
        #expect(Period(argument: "7d")?.seconds == 604_800)
        for text in ["1h", "36h", "2d", "90s", "90m", "61s", "1m"] {
            #expect(Period(argument: text)?.description == text)
        }
        #expect(Period(argument: "120s")?.description == "2m")
        #expect(Period(seconds: 0).description == "0s")
        for bad in ["", "h", "1", "-1h", "1w", "0h", "99999999999d", "9223372036854775807d"] {
            #expect(Period(argument: bad) == nil, "\(bad)")
        }
    }
}
