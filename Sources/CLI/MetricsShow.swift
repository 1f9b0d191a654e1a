import ArgumentParser
import Contracts
import HubAPI

/// `vigie metrics`
struct MetricsShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "metrics",
        abstract: "Show a machine's history: CPU, memory, load, disk, network.",
        discussion: """
            On a terminal each figure is a line of bars; in a pipe, and as CSV, one row for each figure and moment.
            The hub takes snapshots as they came for a day, sums of 5 minutes for two weeks, sums of an hour for more,
            and says which. LEAST and MOST are of single snapshots in any case.

            EXAMPLES:
              vigie metrics web-01
              vigie metrics web-01 --since 12h
              vigie metrics web-01 --since 30d
              vigie metrics web-01 --since 7d --resolution 1h -o csv
            """)

    @Argument(help: "The machine's name, or its machine_id.") var name: String
    @Option(help: ArgumentHelp("From then on: 30m, 12h, 7d, or a time as 2026-11-01T00:00:00Z.", valueName: "time"))
    var since = "1h"
    @Option(help: "raw, 5m or 1h; the hub chooses unless told.") var resolution: String?
    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Hub") var connection: ConnectionOptions

    func run() async throws {
        let session = try Session(connection: connection, output: output)
        var query = Query()
        query.add("since", since)
        query.add("resolution", resolution)
        let answer: MetricsAnswer = try await session.hub.get("/v1/machines/\(name.pathStep)/metrics", query)
        Printing.output(try session.output.metrics(answer))
    }
}

extension Output {
    func metrics(_ answer: MetricsAnswer) throws -> String {
        switch format {
        case .json: try CanonicalJSON.pretty(answer)
        case .csv:
            CSV.render(
                header: ["at", "name", "unit", "value"],
                rows: answer.series.flatMap { series in
                    series.points.map { [$0.at.description, series.name, series.unit, Value.number($0.value).raw] }
                })
        case .table where answer.series.isEmpty: "no metrics of \(answer.machine) in that time\n".printable
        case .table:
            Table(answer.series, columns: MetricsColumns.list(answer, bars: bars), now: now).render(on: terminal)
                + (bars == nil ? "" : Self.resolution(answer))
        }
    }

    /// Which history the figures are of, in words.
    private static func resolution(_ answer: MetricsAnswer) -> String {
        let words =
            switch answer.resolution {
            case "raw": "snapshots as they came"
            case "5m": "sums of 5 minutes"
            case "1h": "sums of an hour"
            default: answer.resolution
            }
        let step = Units.duration(seconds: Double(answer.stepSeconds))
        return "\n\(words) (\(answer.resolution)), a point for \(step)\n"
    }

    /// Characters for a line of bars; none where nobody looks at it.
    private var bars: Int? { terminal.width.map { min(60, max(10, $0 - 64)) } }
}

/// Columns that tell of metrics.
enum MetricsColumns {
    static func list(_ answer: MetricsAnswer, bars: Int?) -> [Column<MetricsSeries>] {
        var columns: [Column<MetricsSeries>] = [
            Column("FIGURE", "name") { .text(title($0.name)) },
            Column("LAST", "last") { .text($0.last.map { [unit = $0.unit] in format($0, unit) }) },
            Column("LEAST", "minimum") { .text($0.minimum.map { [unit = $0.unit] in format($0, unit) }) },
            Column("MEAN", "mean") { .text($0.mean.map { [unit = $0.unit] in format($0, unit) }) },
            Column("MOST", "maximum") { .text($0.maximum.map { [unit = $0.unit] in format($0, unit) }) },
        ]
        if let bars {
            columns.append(
                Column("SINCE \(Units.ago(answer.since, now: answer.until).uppercased())", "bars") {
                    .text(draw($0, of: answer, width: bars))
                })
        }
        return columns
    }

    private static func draw(_ series: MetricsSeries, of answer: MetricsAnswer, width: Int) -> String {
        let step = max(1, Int64(answer.stepSeconds) * 1000)
        let count = Int((answer.until.milliseconds - answer.since.milliseconds) / step) + 1
        var values = [Double?](repeating: nil, count: max(1, min(count, 10_000)))
        for point in series.points {
            let place = Int((point.at.milliseconds - answer.since.milliseconds) / step)
            if values.indices.contains(place) { values[place] = point.value }
        }
        let isPercent = series.unit == "percent"
        return Sparkline.draw(values, width: width, floor: 0, ceiling: isPercent ? 100 : nil)
    }

    private static func title(_ name: String) -> String {
        switch name {
        case "cpu_used_percent": "CPU"
        case "load_1m": "load"
        case "memory_used_percent": "memory"
        case "root_used_percent": "root file system"
        case "disk_read_bytes_per_second": "disk read"
        case "disk_written_bytes_per_second": "disk written"
        case "received_bytes_per_second": "received"
        case "transmitted_bytes_per_second": "sent"
        case "pressure_cpu_percent": "CPU pressure"
        case "pressure_memory_percent": "memory pressure"
        case "pressure_io_percent": "I/O pressure"
        case "celsius_max": "hottest sensor"
        default: name
        }
    }

    static func format(_ value: Double, _ unit: String) -> String {
        switch unit {
        case "percent": Units.percent(value)
        case "bytes_per_second": Units.bytes(Int(max(0, min(value, 1e18)))) + "/s"
        case "celsius": Units.decimal(value, 0) + " °C"
        default: Units.decimal(value, 2)
        }
    }
}
