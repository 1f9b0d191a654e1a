/// `metrics` v1: how the machine is doing now. Every 60 s by default, always whole.
///
/// Totals count since boot and may wrap or restart; rates cover `interval_seconds` and are absent in the first
/// snapshot after the agent's start.
package struct MetricsV1: SnapshotPayload {
    package static let kind = Kind.metrics
    package static let schemaVersion = 1

    package var uptimeSeconds: Double?
    package var bootedAt: Timestamp?
    /// The time that rates and CPU shares cover: that in which the machine was awake.
    package var intervalSeconds: Double?
    /// How long the machine slept besides, between the two readings; nothing was counted in that time. Absent where it
    /// did not.
    package var suspendedSeconds: Double?
    package var load: Load?
    package var cpu: CPU?
    package var memory: Memory?
    package var pressure: Pressure?
    package var filesystems: [Filesystem]?
    package var disks: [Disk]?
    package var interfaces: [Interface]?
    package var temperatures: [Temperature]?
    package var fans: [Fan]?
    package var batteries: [Battery]?
    package var processes: Processes?
    /// Names of systemd units in the failed state.
    package var failedUnits: [String]?
    package var containers: [Container]?

    package init() {}

    package enum CodingKeys: String, CodingKey {
        case uptimeSeconds = "uptime_seconds"
        case bootedAt = "booted_at"
        case intervalSeconds = "interval_seconds"
        case suspendedSeconds = "suspended_seconds"
        case load, cpu, memory, pressure, filesystems, disks, interfaces, temperatures, fans, batteries, processes
        case failedUnits = "failed_units"
        case containers
    }
}

extension MetricsV1 {
    /// Load averages of `/proc/loadavg` over 1, 5 and 15 minutes.
    package struct Load: Codable, Equatable, Sendable {
        package var oneMinute: Double
        package var fiveMinutes: Double
        package var fifteenMinutes: Double

        package init(oneMinute: Double, fiveMinutes: Double, fifteenMinutes: Double) {
            self.oneMinute = oneMinute
            self.fiveMinutes = fiveMinutes
            self.fifteenMinutes = fifteenMinutes
        }

        package enum CodingKeys: String, CodingKey {
            case oneMinute = "load_1m"
            case fiveMinutes = "load_5m"
            case fifteenMinutes = "load_15m"
        }
    }

    /// Shares of the interval over all CPUs, together 100 (proc_stat(5)); guest time is part of user time.
    package struct CPU: Codable, Equatable, Sendable {
        /// Logical CPUs online.
        package var count: Int
        package var usedPercent: Percent?
        package var userPercent: Percent?
        package var systemPercent: Percent?
        package var nicePercent: Percent?
        package var iowaitPercent: Percent?
        /// Hardware and soft interrupts.
        package var irqPercent: Percent?
        package var stealPercent: Percent?
        package var idlePercent: Percent?
        package var perCore: [Core]?

        package init(count: Int) {
            self.count = count
        }

        package enum CodingKeys: String, CodingKey {
            case count
            case usedPercent = "used_percent"
            case userPercent = "user_percent"
            case systemPercent = "system_percent"
            case nicePercent = "nice_percent"
            case iowaitPercent = "iowait_percent"
            case irqPercent = "irq_percent"
            case stealPercent = "steal_percent"
            case idlePercent = "idle_percent"
            case perCore = "per_core"
        }
    }

    package struct Core: Codable, Equatable, Sendable {
        /// The kernel's number of the CPU, as in `cpu3`.
        package var core: Int
        package var usedPercent: Percent

        package init(core: Int, usedPercent: Percent) {
            self.core = core
            self.usedPercent = usedPercent
        }

        package enum CodingKeys: String, CodingKey {
            case core
            case usedPercent = "used_percent"
        }
    }

    /// From `/proc/meminfo`. `used_bytes` is total less available, what free(1) calls used.
    package struct Memory: Codable, Equatable, Sendable {
        package var totalBytes: Int
        package var usedBytes: Int?
        package var availableBytes: Int?
        package var freeBytes: Int?
        package var buffersBytes: Int?
        package var cachedBytes: Int?
        package var usedPercent: Percent?
        package var swapTotalBytes: Int?
        package var swapUsedBytes: Int?

        package init(totalBytes: Int) {
            self.totalBytes = totalBytes
        }

        package enum CodingKeys: String, CodingKey {
            case totalBytes = "total_bytes"
            case usedBytes = "used_bytes"
            case availableBytes = "available_bytes"
            case freeBytes = "free_bytes"
            case buffersBytes = "buffers_bytes"
            case cachedBytes = "cached_bytes"
            case usedPercent = "used_percent"
            case swapTotalBytes = "swap_total_bytes"
            case swapUsedBytes = "swap_used_bytes"
        }
    }

    /// Pressure stall information (kernel document accounting/psi); absent on kernels without it.
    package struct Pressure: Codable, Equatable, Sendable {
        package var cpu: Stall?
        package var memory: Stall?
        package var io: Stall?

        package init() {}

        package enum CodingKeys: String, CodingKey {
            case cpu, memory, io
        }
    }

    /// Share of wall time in which some, or all, tasks waited; averages over 10, 60 and 300 s.
    package struct Stall: Codable, Equatable, Sendable {
        package var someAvg10Percent: Percent
        package var someAvg60Percent: Percent
        package var someAvg300Percent: Percent
        package var fullAvg10Percent: Percent?
        package var fullAvg60Percent: Percent?
        package var fullAvg300Percent: Percent?

        package init(someAvg10Percent: Percent, someAvg60Percent: Percent, someAvg300Percent: Percent) {
            self.someAvg10Percent = someAvg10Percent
            self.someAvg60Percent = someAvg60Percent
            self.someAvg300Percent = someAvg300Percent
        }

        package enum CodingKeys: String, CodingKey {
            case someAvg10Percent = "some_avg10_percent"
            case someAvg60Percent = "some_avg60_percent"
            case someAvg300Percent = "some_avg300_percent"
            case fullAvg10Percent = "full_avg10_percent"
            case fullAvg60Percent = "full_avg60_percent"
            case fullAvg300Percent = "full_avg300_percent"
        }
    }

    /// A mounted file system on a device of its own; each device once, no pseudo or overlay file systems.
    package struct Filesystem: Codable, Equatable, Sendable {
        package var mountPoint: String
        package var device: String
        package var type: String
        package var totalBytes: Int
        package var usedBytes: Int
        /// What an unprivileged user can still write.
        package var availableBytes: Int
        /// As df(1): used / (used + available).
        package var usedPercent: Percent?
        package var inodesTotal: Int?
        package var inodesUsed: Int?
        package var inodesAvailable: Int?
        package var inodesUsedPercent: Percent?
        package var readOnly: Bool

        package init(
            mountPoint: String, device: String, type: String, totalBytes: Int, usedBytes: Int, availableBytes: Int,
            readOnly: Bool
        ) {
            self.mountPoint = mountPoint
            self.device = device
            self.type = type
            self.totalBytes = totalBytes
            self.usedBytes = usedBytes
            self.availableBytes = availableBytes
            self.readOnly = readOnly
        }

        package enum CodingKeys: String, CodingKey {
            case mountPoint = "mount_point"
            case device, type
            case totalBytes = "total_bytes"
            case usedBytes = "used_bytes"
            case availableBytes = "available_bytes"
            case usedPercent = "used_percent"
            case inodesTotal = "inodes_total"
            case inodesUsed = "inodes_used"
            case inodesAvailable = "inodes_available"
            case inodesUsedPercent = "inodes_used_percent"
            case readOnly = "read_only"
        }
    }

    /// From `/proc/diskstats`; a sector there is 512 bytes whatever the device.
    package struct Disk: Codable, Equatable, Sendable {
        package var name: String
        package var readBytesTotal: Int
        package var writtenBytesTotal: Int
        package var readsTotal: Int
        package var writesTotal: Int
        package var readBytesPerSecond: Double?
        package var writtenBytesPerSecond: Double?
        package var readsPerSecond: Double?
        package var writesPerSecond: Double?
        /// Share of the interval in which at least one request was in flight.
        package var busyPercent: Percent?

        package init(name: String, readBytesTotal: Int, writtenBytesTotal: Int, readsTotal: Int, writesTotal: Int) {
            self.name = name
            self.readBytesTotal = readBytesTotal
            self.writtenBytesTotal = writtenBytesTotal
            self.readsTotal = readsTotal
            self.writesTotal = writesTotal
        }

        package enum CodingKeys: String, CodingKey {
            case name
            case readBytesTotal = "read_bytes_total"
            case writtenBytesTotal = "written_bytes_total"
            case readsTotal = "reads_total"
            case writesTotal = "writes_total"
            case readBytesPerSecond = "read_bytes_per_second"
            case writtenBytesPerSecond = "written_bytes_per_second"
            case readsPerSecond = "reads_per_second"
            case writesPerSecond = "writes_per_second"
            case busyPercent = "busy_percent"
        }
    }

    /// From `/proc/net/dev` or the interface's statistics in sysfs.
    package struct Interface: Codable, Equatable, Sendable {
        package var name: String
        package var receivedBytesTotal: Int
        package var transmittedBytesTotal: Int
        package var receivedPacketsTotal: Int?
        package var transmittedPacketsTotal: Int?
        package var receiveErrorsTotal: Int?
        package var transmitErrorsTotal: Int?
        package var receiveDropsTotal: Int?
        package var transmitDropsTotal: Int?
        package var receivedBytesPerSecond: Double?
        package var transmittedBytesPerSecond: Double?

        package init(name: String, receivedBytesTotal: Int, transmittedBytesTotal: Int) {
            self.name = name
            self.receivedBytesTotal = receivedBytesTotal
            self.transmittedBytesTotal = transmittedBytesTotal
        }

        package enum CodingKeys: String, CodingKey {
            case name
            case receivedBytesTotal = "received_bytes_total"
            case transmittedBytesTotal = "transmitted_bytes_total"
            case receivedPacketsTotal = "received_packets_total"
            case transmittedPacketsTotal = "transmitted_packets_total"
            case receiveErrorsTotal = "receive_errors_total"
            case transmitErrorsTotal = "transmit_errors_total"
            case receiveDropsTotal = "receive_drops_total"
            case transmitDropsTotal = "transmit_drops_total"
            case receivedBytesPerSecond = "received_bytes_per_second"
            case transmittedBytesPerSecond = "transmitted_bytes_per_second"
        }
    }

    /// From hwmon (kernel document hwmon/sysfs-interface), thermal zones, or SMART (`sensor` = `smart`).
    package struct Temperature: Codable, Equatable, Sendable {
        package var sensor: String
        package var label: String?
        package var celsius: Double
        package var highCelsius: Double?
        package var criticalCelsius: Double?

        package init(sensor: String, celsius: Double) {
            self.sensor = sensor
            self.celsius = celsius
        }

        package enum CodingKeys: String, CodingKey {
            case sensor, label, celsius
            case highCelsius = "high_celsius"
            case criticalCelsius = "critical_celsius"
        }
    }

    package struct Fan: Codable, Equatable, Sendable {
        package var sensor: String
        package var label: String?
        package var rpm: Int

        package init(sensor: String, rpm: Int) {
            self.sensor = sensor
            self.rpm = rpm
        }

        package enum CodingKeys: String, CodingKey {
            case sensor, label, rpm
        }
    }

    package struct Battery: Codable, Equatable, Sendable {
        package var name: String
        package var chargePercent: Percent?
        /// `charging`, `discharging`, `full`, `not_charging`, `unknown`.
        package var state: String?

        package init(name: String) {
            self.name = name
        }

        package enum CodingKeys: String, CodingKey {
            case name
            case chargePercent = "charge_percent"
            case state
        }
    }

    package struct Processes: Codable, Equatable, Sendable {
        package var total: Int
        /// Ready or on a CPU.
        package var running: Int?
        /// Waiting for input or output.
        package var blocked: Int?
        package var threads: Int?

        package init(total: Int) {
            self.total = total
        }

        package enum CodingKeys: String, CodingKey {
            case total, running, blocked, threads
        }
    }

    /// From the container's cgroup, v1 or v2, not from the engine.
    package struct Container: Codable, Equatable, Sendable {
        /// The engine's 64-digit id.
        package var id: String
        /// Of one CPU: 250 is two and a half CPUs.
        package var cpuPercent: Double?
        /// Without the page cache that could be dropped at once, as `docker stats` counts.
        package var memoryUsedBytes: Int?
        /// Absent where no limit is set.
        package var memoryLimitBytes: Int?
        package var receivedBytesTotal: Int?
        package var transmittedBytesTotal: Int?
        package var readBytesTotal: Int?
        package var writtenBytesTotal: Int?

        package init(id: String) {
            self.id = id
        }

        package enum CodingKeys: String, CodingKey {
            case id
            case cpuPercent = "cpu_percent"
            case memoryUsedBytes = "memory_used_bytes"
            case memoryLimitBytes = "memory_limit_bytes"
            case receivedBytesTotal = "received_bytes_total"
            case transmittedBytesTotal = "transmitted_bytes_total"
            case readBytesTotal = "read_bytes_total"
            case writtenBytesTotal = "written_bytes_total"
        }
    }
}
