import Contracts

extension MetricsReading {
    /// Temperatures and fans. A sensor that says what cannot be is one that is not connected.
    mutating func sensors(_ catalogue: SensorCatalogue) {
        payload.temperatures =
            catalogue.temperatures.compactMap { entry in
                guard let celsius = SensorValue.celsius(host.line(entry.path)) else { return nil }
                var temperature = MetricsV1.Temperature(sensor: entry.sensor, celsius: celsius)
                temperature.label = entry.label
                temperature.highCelsius = entry.high
                temperature.criticalCelsius = entry.critical
                return temperature
            }.nonEmpty
        payload.fans =
            catalogue.fans.compactMap { entry in
                guard let rpm = SensorValue.rpm(host.line(entry.path)) else { return nil }
                var fan = MetricsV1.Fan(sensor: entry.sensor, rpm: rpm)
                fan.label = entry.label
                return fan
            }.nonEmpty
    }
}

/// Which sensors there are, with their names and limits, which do not change: only their values are read each time.
struct SensorCatalogue: Sendable {
    struct Entry: Sendable {
        var path: String
        var sensor: String
        var label: String?
        var high: Double?
        var critical: Double?
    }

    private(set) var temperatures: [Entry] = []
    private(set) var fans: [Entry] = []
    private let chips: [String]
    private let zones: [String]

    /// Reads all of hwmon (kernel document hwmon/sysfs-interface), and thermal zones that no chip of hwmon shows.
    init(_ host: Host) {
        chips = host.names("/sys/class/hwmon")
        zones = host.names("/sys/class/thermal").filter { $0.hasPrefix("thermal_zone") }
        let named = chips.map { (chip: $0, name: host.line("/sys/class/hwmon/\($0)/name") ?? $0) }
        for (chip, name) in named {
            // Two of a kind are told apart by their devices, as in "nvme:nvme1".
            let isOne = named.filter { $0.name == name }.count == 1
            let device = host.link("/sys/class/hwmon/\(chip)/device")?.split(separator: "/").last.map(String.init)
            let sensor = isOne ? name : "\(name):\(device ?? chip)"
            add("/sys/class/hwmon/\(chip)/", sensor, host)
        }
        var known = Set(named.map { Self.plain($0.name) })
        if known.contains("coretemp") { known.insert("x86_pkg_temp") }
        for zone in zones {
            let path = "/sys/class/thermal/\(zone)/"
            guard let type = host.line(path + "type"), !known.contains(Self.plain(type)) else { continue }
            temperatures.append(Entry(path: path + "temp", sensor: type))
        }
        temperatures.sort { ($0.sensor, $0.label ?? "") < ($1.sensor, $1.label ?? "") }
        fans.sort { ($0.sensor, $0.label ?? "") < ($1.sensor, $1.label ?? "") }
    }

    /// Whether the same chips are there.
    func isCurrent(_ host: Host) -> Bool {
        chips == host.names("/sys/class/hwmon")
            && zones == host.names("/sys/class/thermal").filter { $0.hasPrefix("thermal_zone") }
    }

    private mutating func add(_ path: String, _ sensor: String, _ host: Host) {
        for file in host.names(path) where file.hasSuffix("_input") {
            let prefix = String(file.dropLast(6))
            guard host.line("\(path)\(prefix)_fault") != "1" else { continue }
            var entry = Entry(path: path + file, sensor: sensor)
            entry.label = host.line("\(path)\(prefix)_label") ?? prefix
            if prefix.hasPrefix("temp") {
                entry.high = SensorValue.limit(host.line("\(path)\(prefix)_max"))
                entry.critical = SensorValue.limit(host.line("\(path)\(prefix)_crit"))
                temperatures.append(entry)
            } else if prefix.hasPrefix("fan") {
                fans.append(entry)
            }
        }
    }

    /// A zone "acpitz" or "cpu-thermal" is the chip "acpitz" or "cpu_thermal".
    private static func plain(_ name: String) -> String { String(name.map { $0 == "-" ? "_" : $0 }) }
}

/// What a sensor of hwmon says, told from what it cannot mean.
enum SensorValue {
    /// Thousandths of a degree; −128 and 65,261 °C are chips without a probe.
    static func celsius(_ text: String?) -> Double? {
        guard let text, let value = Int(text), (-60_000...160_000).contains(value) else { return nil }
        return Double((value + (value < 0 ? -50 : 50)) / 100) / 10
    }

    /// Limits that nobody set are 0, or far from anything.
    static func limit(_ text: String?) -> Double? { celsius(text).flatMap { $0 > 0 ? $0 : nil } }

    /// The fastest fans of flat servers do 30,000; 65,535 is a register without a fan.
    static func rpm(_ text: String?) -> Int? {
        guard let text, let value = Int(text), (0..<50_000).contains(value) else { return nil }
        return value
    }
}
