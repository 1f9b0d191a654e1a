import ArgumentParser
import Contracts
import Glibc
import HubAPI

/// `vigie check`
struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say how the fleet or a machine is, for a monitoring system.",
        discussion: """
            One line, and the exit status of monitoring plugins: 0 ok, 1 warning, 2 critical, 3 unknown. Critical:
            offline, a file system at 95 %, a degraded RAID, a failing disk, a suspected clone. Warning: a report
            overdue, security updates, a reboot required, unhealthy containers, failed units, broken packages, old
            package lists, a file system at 90 %. Unknown: what could not be read, or no hub answers.

            EXAMPLES:
              vigie check
              vigie check web-01
              vigie check --tag web
            """)

    @Argument(help: "A machine's name; without it the whole fleet is looked at.") var name: String?
    @Option(help: ArgumentHelp("Only machines with this tag.", valueName: "tag")) var tag: String?
    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Hub") var connection: ConnectionOptions

    func validate() throws {
        if name != nil, tag != nil { throw ValidationError("Use a machine's name or --tag, not both.") }
    }

    func run() async throws {
        let result: CheckResult
        let output = Output.standard(output)
        do {
            let hub = try connection.connect()
            if let name {
                let machine: MachineDetail = try await hub.get("/v1/machines/\(name.pathStep)")
                result = CheckResult(machine: machine.summary)
            } else {
                var query = Query()
                query.add("tag", tag)
                query.add("limit", 100_000)
                let answer: ListAnswer<MachineSummary> = try await hub.get("/v1/machines", query)
                result = CheckResult(fleet: answer.items)
            }
        } catch let failure as CLIFailure where failure.status != .usage {
            result = CheckResult(status: .unknown, summary: failure.message)
        }
        Printing.output(try output.check(result))
        Glibc.exit(result.exitStatus)
    }
}

/// What a check came to.
struct CheckResult: Codable, Equatable {
    var status: HealthStatus
    /// One line.
    var summary: String
    /// Machines that are not ok, the worst first.
    var machines: [Finding]
    /// For graphs: `name=value`.
    var figures: [String: Int]

    struct Finding: Codable, Equatable {
        var name: String
        var status: HealthStatus
        var reasons: [String]
    }

    init(status: HealthStatus, summary: String) {
        self.status = status
        self.summary = summary
        machines = []
        figures = [:]
    }

    init(machine: MachineSummary) {
        let reasons = machine.reasons.map(\.message)
        self.init(
            status: machine.status,
            summary: "\(machine.name): " + (reasons.isEmpty ? "well" : reasons.joined(separator: ", ")))
        if machine.status != .ok {
            machines = [Finding(name: machine.name, status: machine.status, reasons: reasons)]
        }
        if let updates = machine.updates, updates.unknownSince == nil {
            figures["updates"] = updates.pending
            figures["security_updates"] = updates.security
        }
    }

    init(fleet: [MachineSummary]) {
        guard !fleet.isEmpty else {
            self.init(status: .unknown, summary: "no machine to look at")
            return
        }
        let worst = fleet.map(\.status).max() ?? .unknown
        let counts: [(HealthStatus, Int)] = [.critical, .warning, .unknown].map { status in
            (status, fleet.count { $0.status == status })
        }
        let words = counts.filter { $0.1 > 0 }.map { "\($0.1) \($0.0.rawValue)" }
        let machines = Units.counted(fleet.count, "machine")
        self.init(
            status: worst,
            summary: words.isEmpty ? "\(machines), all well" : "\(machines): " + words.joined(separator: ", "))
        self.machines = fleet.filter { $0.status != .ok }.sorted { ($1.status, $0.name) < ($0.status, $1.name) }
            .map { Finding(name: $0.name, status: $0.status, reasons: $0.reasons.map(\.message)) }
        figures = ["machines": fleet.count, "offline": fleet.count { $0.freshness == .offline }]
        for (status, count) in counts { figures[status.rawValue] = count }
    }

    /// As monitoring plugins end (Monitoring Plugins Development Guidelines, 2.3).
    var exitStatus: Int32 {
        switch status {
        case .ok: 0
        case .warning: 1
        case .critical: 2
        case .unknown: 3
        }
    }
}

extension Output {
    func check(_ result: CheckResult) throws -> String {
        switch format {
        case .json: return try CanonicalJSON.pretty(result)
        case .csv:
            return CSV.render(
                header: ["name", "status", "reasons"],
                rows: result.machines.map { [$0.name, $0.status.rawValue, $0.reasons.joined(separator: ";")] })
        case .table:
            let style = MachineColumns.style(result.status)
            let figures = result.figures.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            // A bar separates words from figures, so none may be in the words.
            let summary = result.summary.printable.replacing("|", with: "/")
            var text = "VIGIE \(style.paint(result.status.rawValue.uppercased(), on: terminal)) - \(summary)"
            if !figures.isEmpty { text += " | " + figures.joined(separator: " ") }
            text += "\n"
            guard result.machines.count > 1 || result.figures["machines"] != nil else { return text }
            for machine in result.machines.prefix(20) {
                text += "\(machine.name): \(machine.reasons.joined(separator: ", "))\n".replacing("|", with: "/")
                    .split(separator: "\n").map { String($0).printable + "\n" }.joined()
            }
            return text
        }
    }
}
