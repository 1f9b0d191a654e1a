import Contracts
import HubAPI
import Testing
import Transport

@testable import Hub

@Suite struct OperatorRouteTests {
    @Test func `Each question is answered in the shape that is documented`() async throws {
        try await OperatorServer.serve(try QueryFleet.filled()) { hub in
            let machines = try await hub.get(ListAnswer<MachineSummary>.self, "/v1/machines")
            #expect(machines.items.map(\.name) == ["db-01", "web-01", "web-02"])
            let machine = try await hub.get(MachineDetail.self, "/v1/machines/web-01")
            #expect(machine.summary == machines.items[1])
            let metrics = try await hub.get(MetricsAnswer.self, "/v1/machines/web-01/metrics?since=1h&points=60")
            #expect(metrics.series.contains { $0.name == "load_1m" })
            #expect(metrics.stepSeconds == 60)
            let updates = try await hub.get(ListAnswer<UpdateAnswer>.self, "/v1/updates?security=true&machine=web-01")
            #expect(updates.items.map(\.package) == ["openssl"])
            let packages = try await hub.get(ListAnswer<PackageAnswer>.self, "/v1/packages?name=openssl%2A")
            #expect(packages.items.count == 4)
            let containers = try await hub.get(ListAnswer<ContainerAnswer>.self, "/v1/containers?unhealthy=1")
            #expect(containers.items.map(\.name) == ["blog-db-1"])
            let stacks = try await hub.get(ListAnswer<StackAnswer>.self, "/v1/stacks")
            #expect(stacks.items.map(\.project) == ["blog"])
            let disks = try await hub.get(ListAnswer<FilesystemAnswer>.self, "/v1/disks?used_percent=90")
            #expect(disks.items.map(\.mountPoint) == ["/srv"])
            let events = try await hub.get(ListAnswer<EventAnswer>.self, "/v1/events?since=7d&severity=info")
            #expect(events.items.allSatisfy { $0.severity == "info" })
            let snapshots = try await hub.get(
                ListAnswer<SnapshotSummary>.self, "/v1/machines/web-01/snapshots?kind=apt")
            #expect(snapshots.items.map(\.kind) == ["apt"])
            let tables = try await hub.get(ListAnswer<TableAnswer>.self, "/v1/tables")
            #expect(tables.items.contains { $0.name == "machine_state" })
            let status = try await hub.get(HubStatus.self, "/v1/hub")
            #expect(status.version == Vigie.version)
            #expect(status.machines.total == 3)
            #expect((status.databaseBytes ?? 0) > 0)
        }
    }

    @Test func `No answer holds a null`() async throws {
        try await OperatorServer.serve(try QueryFleet.filled()) { hub in
            for path in [
                "/v1/machines", "/v1/machines/db-01", "/v1/machines/web-01", "/v1/updates", "/v1/packages",
                "/v1/containers", "/v1/stacks", "/v1/disks", "/v1/events", "/v1/messages",
                "/v1/machines/web-01/snapshots", "/v1/hub",
                "/v1/tables", "/v1/machines/web-01/metrics", "/v1/interfaces", "/v1/neighbors", "/v1/disk-devices",
                "/v1/storage-pools", "/v1/pci-devices", "/v1/host-keys?tag=web&machine=web-01",
            ] {
                let response = try await hub.send("GET", path)
                #expect(response.status == 200, "\(path)")
                #expect(response.header("Content-Type") == "application/json")
                let text = String(decoding: response.body, as: UTF8.self)
                #expect(!text.contains(":null"), "\(path)")
            }
        }
    }

    @Test func `A snapshot comes back as it was sent`() async throws {
        try await OperatorServer.serve(try QueryFleet.filled()) { hub in
            let list = try await hub.get(ListAnswer<SnapshotSummary>.self, "/v1/machines/web-01/snapshots?kind=docker")
            let summary = try #require(list.items.first)
            let inflated = try await hub.send("GET", "/v1/snapshots/\(summary.snapshotID)")
            #expect(inflated.header("Content-Type") == "application/json")
            #expect(inflated.body.count == summary.inflatedBytes)
            let document = try StrictJSON.read(inflated.body, watching: "payload")
            #expect(document.root["snapshot_id"]?.stringValue == summary.snapshotID.text)
            let payload = try #require(document.watched?.range)
            #expect(Digest(sha256: SHA256.digest(inflated.body[payload])).text == summary.payloadDigest)
            let raw = try await hub.send("GET", "/v1/snapshots/\(summary.snapshotID)?raw=1")
            #expect(raw.header("Content-Type") == "application/gzip")
            #expect(try Gzip.inflate(raw.body, limit: 1 << 20) == inflated.body)
        }
    }

    @Test func `SQL is answered, and refused in words`() async throws {
        try await OperatorServer.serve(try QueryFleet.filled()) { hub in
            let answer = try await hub.send(
                "POST", "/v1/sql", #"{"sql":"SELECT name, retired_at FROM machine_settings ORDER BY 1","row_limit":2}"#)
            #expect(answer.status == 200)
            let rows = try JSONTreeDecoder.decode(SQLAnswer.self, from: StrictJSON.read(answer.body).root)
            #expect(rows.columns == ["name", "retired_at"])
            #expect(rows.rows == [[.string("db-01"), .null], [.string("web-01"), .null]])
            #expect(rows.truncated)
            for (body, code, words) in [
                (#"{"sql":"DELETE FROM machines"}"#, "query_failed", "only reads"),
                (#"{"sql":"SELECT * FROM api_clients"}"#, "query_failed", "not available"),
                (#"{"sql":"SELECT 1","row_limit":0}"#, "bad_request", "row_limit"),
                (#"{"query":"SELECT 1"}"#, "bad_request", "the body is"),
                ("SELECT 1", "bad_request", "no JSON"),
            ] {
                let refused = try await hub.send("POST", "/v1/sql", body)
                let problem = OperatorServer.problem(refused)
                #expect(refused.status == 400)
                #expect(problem?.code == code)
                #expect(problem?.detail?.contains(words) == true, "\(problem?.detail ?? "")")
            }
            let long = try await hub.send(
                "POST", "/v1/sql", #"{"sql":"SELECT '"# + String(repeating: "x", count: 200_000) + "'\"}")
            #expect(long.status == 413)
        }
    }

    @Test(arguments: [
        ("/v1/machines?ofline=true", 400, "there is no parameter \"ofline\"; there are freshness"),
        ("/v1/machines?freshness=dead", 400, "freshness is one of new, ok, late, offline"),
        ("/v1/machines?limit=0", 400, "limit is a number from 1 to 100000"),
        ("/v1/machines?limit=x", 400, "limit is a number"), ("/v1/machines?stale=maybe", 400, "true or false"),
        ("/v1/machines?tag=a&tag=b", 400, "given twice"), ("/v1/hub?x=1", 400, "this takes none"),
        ("/v1/updates?status=pending", 400, "status is one of held, phased"),
        ("/v1/events?severity=bad", 400, "info, warning, critical"),
        ("/v1/events?since=yesterday", 400, "30m, 12h or 7d"),
        ("/v1/events?since=-5h", 400, "a time before now as 30m, 12h or 7d"),
        ("/v1/events?since=999999999d", 400, "since is"),
        ("/v1/disks?used_percent=101", 400, "from 0 to 100"), ("/v1/containers?state=up", 400, "running"),
        ("/v1/machines/web-01/snapshots?kind=disks", 400, "hardware, metrics, apt, docker"),
        ("/v1/machines/web-01/metrics?points=9999", 400, "points is a number"),
        ("/v1/machines/web-1", 404, "did you mean web-01?"),
        ("/v1/machines/web%2D01x/metrics", 404, "did you mean web-01"),
        ("/v1/updates?machine=nobody", 404, "no machine"), ("/v1/interfaces?tag=wbe", 404, "there is no tag \"wbe\""),
        ("/v1/interfaces?tags=web", 400, "there are machine, tag, kind, state, limit"),
        ("/v1/pci-devices?ids=8086", 400, "as 8086:1533"), ("/v1/host-keys?status=good", 400, "approved, first_seen"),
        ("/v1/snapshots/latest", 400, "UUID"),
        ("/v1/snapshots/0194e7c2-7b7b-7000-8000-000000000000", 404, "the archive holds no snapshot"),
    ])
    func `A wrong question is told what is right`(path: String, status: Int, words: String) async throws {
        try await OperatorServer.serve(try QueryFleet.filled()) { hub in
            let response = try await hub.send("GET", path)
            #expect(response.status == status)
            let problem = try #require(OperatorServer.problem(response))
            #expect(problem.detail?.contains(words) == true, "\(problem.detail ?? "")")
        }
    }

    @Test func `Over the network a token is needed`() async throws {
        let fleet = try QueryFleet.filled()
        let hash = SHA256.tokenHash("reader")
        try fleet.run(
            """
            INSERT INTO api_clients (name, token_hash, scope, created_at)
            VALUES ('reader', '\(hash.text)', 'read', 0), ('gone', '\(SHA256.tokenHash("gone").text)', 'admin', 0)
            """)
        try fleet.run("UPDATE api_clients SET revoked_at = 1 WHERE name = 'gone'")
        try await OperatorServer.serve(fleet, trustsEverybody: false) { server in
            var hub = server
            let question = #"{"sql":"SELECT 1"}"#
            for path in ["/v1/machines", "/v1/hub", "/v1/tables", "/v1/machines/web-01"] {
                let stranger = try await hub.send("GET", path)
                #expect(stranger.status == 401)
            }
            let stranger = try await hub.send("POST", "/v1/sql", question)
            #expect(stranger.status == 401)
            hub.token = "gone"
            let revoked = try await hub.send("GET", "/v1/machines")
            #expect(revoked.status == 401)
            hub.token = "reader"
            let reader = try await hub.send("GET", "/v1/machines")
            #expect(reader.status == 200)
            let asked = try await hub.send("POST", "/v1/sql", question)
            #expect(asked.status == 200)
        }
    }

    @Test func `A machine's name may have any letters`() async throws {
        let fleet = try QueryFleet("büro pc/1")
        try await OperatorServer.serve(fleet) { hub in
            let machine = try await hub.get(MachineDetail.self, "/v1/machines/b%C3%BCro%20pc%2F1")
            #expect(machine.summary.name == "büro pc/1")
        }
    }
}
