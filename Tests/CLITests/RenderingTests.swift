import Contracts
import HubAPI
import Testing

@testable import CLI

@Suite struct RenderingTests {
    private static func render(
        _ format: OutputFormat, width: Int? = nil, colours: Bool = false, machines: [MachineSummary]? = nil
    ) throws -> String {
        try Output(format: format, terminal: Terminal(width: width, hasColours: colours), now: CLISamples.now)
            .list(machines ?? CLISamples.machines, columns: MachineColumns.list, empty: "none")
    }

    @Test func `A table has units for people`() throws {
        #expect(
            try Self.render(.table) == """
                NAME      STATUS    SEEN      OS                                 UPDATES                SECURITY               CONTAINERS  LOAD  MEMORY  FULLEST    WHY
                web-01    ok        20 s ago  Debian GNU/Linux 12.12 (bookworm)  0                      0                      3/4         0.50    41 %  40 % /srv  -
                db, main  critical  3 d ago   -                                  unknown since 3 d ago  unknown since 3 d ago  -              -       -  -          offline

                """)
    }

    @Test func `CSV has raw values and nothing for what is not known`() throws {
        #expect(
            try Self.render(.csv) == """
                name,machine_id,status,last_seen_at,freshness,os,hostname,machine_kind,agent_version,tags,\
                updates_pending,updates_security,updates_held,updates_phased,updates_unknown_since,lists_updated_at,\
                reboot_required,containers_total,containers_running,containers_unhealthy,load_1m,cpu_used_percent,\
                memory_used_percent,root_used_percent,fullest_mount_point,fullest_used_percent,reasons,stale
                web-01,\(CLISamples.id(1)),ok,2026-09-21T14:13:00.000Z,ok,Debian GNU/Linux 12.12 (bookworm),,,,\
                docker;web,0,0,1,2,,2026-09-21T12:13:20.000Z,false,4,3,0,0.5,,41.25,,/srv,40,,
                "db, main",\(CLISamples.id(2)),critical,2026-09-18T14:13:20.000Z,offline,,,,,,,,0,0,\
                2026-09-18T14:12:20.000Z,,,,,,,,,,,,offline,

                """)
    }

    @Test func `JSON is the items, in one order, without what is absent`() throws {
        let text = try Self.render(.json)
        let document = try StrictJSON.read(Array(text.utf8))
        let items = try #require(document.root.arrayValue)
        #expect(try items.map { try JSONTreeDecoder.decode(MachineSummary.self, from: $0) } == CLISamples.machines)
        #expect(items[0]["last_seen_at"]?.stringValue == "2026-09-21T14:13:00.000Z")
        #expect(items[0]["cpu_used_percent"] == nil)
        #expect(!text.contains("null"))
        #expect(text.hasPrefix("[\n  {\n    \"containers\" : {"))
        #expect(try Self.render(.json, machines: []) == "[\n\n]\n")
    }

    @Test(arguments: [80, 100, 120, 200]) func `A line fits its terminal`(width: Int) throws {
        let lines = try Self.render(.table, width: width).split(separator: "\n")
        for line in lines { #expect(String(line).columns <= max(width, 110), "\(line)") }
        #expect(lines.contains { $0.contains("…") } == (width < 150))
    }

    @Test func `Narrow columns keep what they say`() {
        let cells = ["short", String(repeating: "long ", count: 30)].map { Table.Cell(text: $0) }
        let text = Table(titles: ["A", "B"], rows: [cells]).render(on: Terminal(width: 40, hasColours: false))
        let line = String(text.split(separator: "\n")[1])
        #expect(line.hasPrefix("short  long long"))
        #expect(line.hasSuffix("…"))
        #expect(line.columns == 40)
    }

    @Test func `Colours are for terminals that show them`() throws {
        #expect(try !Self.render(.table).contains("\u{1B}"))
        let painted = try Self.render(.table, width: 200, colours: true)
        #expect(painted.contains("\u{1B}[31mcritical\u{1B}[0m"))
        #expect(painted.contains("\u{1B}[32mok\u{1B}[0m"))
        #expect(try !Self.render(.csv, width: 200, colours: true).contains("\u{1B}"))
        #expect(try !Self.render(.json, width: 200, colours: true).contains("\u{1B}"))
    }

    @Test func `What machines choose cannot drive the terminal`() throws {
        var machine = CLISamples.machines[0]
        machine.os = "evil\u{1B}]0;title\u{07}\u{9B}2J\u{202E}os\nnext\u{7F}"
        let text = try Self.render(.table, machines: [machine])
        #expect(text.contains("evil\u{FFFD}]0;title\u{FFFD}\u{FFFD}2J\u{FFFD}os next\u{FFFD}"))
        #expect(text.split(separator: "\n").count == 2)
        #expect(!text.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" })
    }

    @Test func `CSV quotes what must be quoted`() {
        let text = CSV.render(
            header: ["a", "b"], rows: [["say \"hi\"", "x,y"], ["two\nlines", "plain"], ["", "é"]])
        #expect(text == "a,b\n\"say \"\"hi\"\"\",\"x,y\"\n\"two\nlines\",plain\n,é\n")
    }

    @Test func `Wide characters count as two columns`() {
        #expect("東京".columns == 4)
        #expect("e\u{301}".columns == 1)
        #expect("東京都".fitted(5) == "東京…")
        #expect("abc".fitted(3) == "abc")
        #expect("abcd".fitted(3) == "ab…")
    }

    @Test func `An empty list says so to people and is empty for programs`() throws {
        #expect(try Self.render(.table, machines: []) == "none\n")
        #expect(try Self.render(.csv, machines: []).split(separator: "\n").count == 1)
    }

    @Test func `What the answer leaves out is said`() {
        var answer = ListAnswer(items: CLISamples.machines, truncated: true)
        answer.notices = (1...12).map {
            MachineNotice(
                machine: "m-\($0)", code: "updates_unknown", message: "updates unknown",
                since: CLISamples.ago(seconds: 10_800))
        }
        let lines = Notices.text(answer, now: CLISamples.now).split(separator: "\n")
        #expect(lines.first == "vigie: m-1: updates unknown since 3 h ago")
        #expect(lines.contains("vigie: … and 2 more machines"))
        #expect(lines.last == "vigie: only the first 2 are shown: narrow the question or raise --limit")
        #expect(Notices.text(ListAnswer(items: CLISamples.machines, truncated: false), now: CLISamples.now).isEmpty)
    }

    @Test func `SQL rows are objects by column`() throws {
        let answer = SQLAnswer(
            columns: ["name", "n", "name"],
            rows: [[.string("a"), .integer(3), .null], [.string("b"), .number(1.5), .string("c")]], truncated: false)
        func render(_ format: OutputFormat) throws -> String {
            try Output(format: format, terminal: .none, now: CLISamples.now).rows(answer)
        }
        #expect(try render(.table) == "name    n  name\na       3  -\nb     1.5  c\n")
        #expect(try render(.csv) == "name,n,name\na,3,\nb,1.5,c\n")
        let items = try StrictJSON.read(Array(try render(.json).utf8)).root.arrayValue
        #expect(items?[0]["n"]?.integerValue == 3)
        #expect(items?[0]["name_2"] == .null)
        #expect(items?[1]["name_2"]?.stringValue == "c")
    }

    @Test func `A machine's page leaves out what is not there`() throws {
        let detail = MachineDetail(summary: CLISamples.machines[0], createdAt: CLISamples.ago(seconds: 86_400 * 10))
        let output = Output(format: .table, terminal: .none, now: CLISamples.now)
        let text = try output.machine(detail)
        #expect(text.contains("updates     0 pending, 0 security, 1 held, 2 phased, lists of 2 h ago\n"))
        #expect(!text.contains("kernel"))
        #expect(!text.contains("Disks"))
        #expect(text.contains("enrolled    10 d ago"))
    }
}
