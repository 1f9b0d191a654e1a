import Contracts
import HubAPI
import TestSupport
import Testing

@testable import Hub

@Suite struct TagRuleTests {
    @Test(arguments: [
        ("hostname like 'web-*'", true), ("hostname not like 'web-*'", false), ("hostname = web-01", true),
        ("hostname=web-01", true), ("hostname!='web-02'", true), ("hostname like web-??", true),
        ("hostname like web-?", false), ("HOSTNAME LIKE 'WEB-*'", false), ("kind = lxc", false),
        ("os_codename = bookworm AND hostname like \"*01\"", true), ("os_codename = bookworm and kind = vm", false),
        ("image like '*nginx*'", true), ("image = postgres:15", true), ("image != postgres:15", false),
        ("time_zone != Europe/Paris", false), ("hostname like *", true), ("hostname like ''", false),
    ]) func `Rules fit or do not`(text: String, fits: Bool) throws {
        let facts: [TagRule.Field: [String]] = [
            .hostname: ["web-01"], .osCodename: ["bookworm"], .kind: ["physical"],
            .image: ["nginx:1.27", "postgres:15"],
        ]
        #expect(try TagRule(text).fits(facts) == fits)
    }

    @Test(arguments: [
        "", "hostname", "hostname like", "hostname is web", "host = x", "hostname = a b", "hostname = a and",
        "hostname = 'a", "hostname = a or kind = vm", "= a", "'hostname' = a", "hostname ! a", "hostname not = a",
    ]) func `What is no rule is refused in words`(text: String) {
        #expect(throws: TagRule.Malformed.self) { try TagRule(text) }
    }

    @Test func `Wildcards take their time in bounds`() {
        #expect(Wildcard.matches("web-01.example.org", "*.example.*"))
        #expect(!Wildcard.matches("web", "?"))
        #expect(Wildcard.matches("", "*"))
        #expect(!Wildcard.matches("", "?"))
        let text = String(repeating: "a", count: 4000)
        #expect(!Wildcard.matches(text, String(repeating: "a*", count: 500) + "b"))
    }

    @Test func `Rules give tags, take them back, and leave others alone`() throws {
        let fleet = try QueryFleet.filled()
        func tags() throws -> [String] {
            try fleet.read { connection in
                try connection.rows(
                    Statement(
                        "test.tags",
                        """
                        SELECT s.name, t.tag FROM machine_automatic_tags t
                        JOIN machine_settings s ON s.machine_id = t.machine_id WHERE t.kind = 'rule' ORDER BY 1, 2
                        """)
                ).map { "\($0[0].words) \($0[1].words)" }
            }
        }
        func add(_ tag: String, _ rule: String) throws {
            _ = try fleet.store.write { try $0.run(TagRules.insert, tag, rule, 0, "me") }
        }
        func apply() throws { _ = try fleet.store.write { try TagRules(connection: $0).apply() } }
        try add("web", "name like 'web-*'")
        try add("pg", "image like 'postgres:*'")
        try add("debian12", "os_codename = bookworm and kind = vm")
        try add("broken", "no such field")
        try apply()
        #expect(try tags() == ["web-01 debian12", "web-01 pg", "web-01 web", "web-02 web"])
        #expect(try fleet.read { try TagRules(connection: $0).difference() }.isEmpty)
        let now = Timestamp(milliseconds: QueryFleet.start)
        let found = try fleet.read {
            try MachineQueries.list($0, filter: .init(tag: "debian12"), limit: 10, now: now).items
        }
        #expect(found.map(\.name) == ["web-01"])
        #expect(found.first?.tags == ["debian", "debian12", "docker", "pg", "vm", "web"], "each tag once")

        // Rederive rebuilds what snapshots give, and has no opinion on rules.
        try Rederive(store: fleet.store).run()
        #expect(try tags().count == 4)
        try fleet.run("DELETE FROM tag_rules WHERE tag = 'web'")
        try fleet.run("UPDATE machine_os SET os_codename = 'trixie'")
        try apply()
        #expect(try tags() == ["web-01 pg"])
        try fleet.run("DELETE FROM tag_rules")
        try apply()
        #expect(try tags().isEmpty)
        let rest = try fleet.read {
            try MachineQueries.list($0, filter: .init(tag: "web"), limit: 10, now: now).items.map(\.name)
        }
        #expect(rest == ["web-01"], "the operator's own tag stays")
    }
}
