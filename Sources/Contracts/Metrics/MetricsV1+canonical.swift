// The short way into `metrics` v1: members in the order of their names, see `CanonicalReader`.

extension MetricsV1: CanonicalReadable {
    package init(from reader: inout CanonicalReader) throws(CanonicalReader.Miss) {
        try reader.begin()
        self.init()
        batteries = try reader.optional("batteries")
        bootedAt = try reader.optional("booted_at")
        containers = try reader.optional("containers")
        cpu = try reader.optional("cpu")
        disks = try reader.optional("disks")
        failedUnits = try reader.optional("failed_units")
        fans = try reader.optional("fans")
        filesystems = try reader.optional("filesystems")
        interfaces = try reader.optional("interfaces")
        intervalSeconds = try reader.optional("interval_seconds")
        load = try reader.optional("load")
        memory = try reader.optional("memory")
        pressure = try reader.optional("pressure")
        processes = try reader.optional("processes")
        suspendedSeconds = try reader.optional("suspended_seconds")
        temperatures = try reader.optional("temperatures")
        uptimeSeconds = try reader.optional("uptime_seconds")
        try reader.finish()
    }
}

extension MetricsV1.Load: CanonicalReadable {
    package init(from reader: inout CanonicalReader) throws(CanonicalReader.Miss) {
        try reader.begin()
        let fifteenMinutes: Double = try reader.member("load_15m")
        let oneMinute: Double = try reader.member("load_1m")
        let fiveMinutes: Double = try reader.member("load_5m")
        self.init(oneMinute: oneMinute, fiveMinutes: fiveMinutes, fifteenMinutes: fifteenMinutes)
        try reader.finish()
    }
}

extension MetricsV1.CPU: CanonicalReadable {
    package init(from reader: inout CanonicalReader) throws(CanonicalReader.Miss) {
        try reader.begin()
        let count: Int = try reader.member("count")
        self.init(count: count)
        idlePercent = try reader.optional("idle_percent")
        iowaitPercent = try reader.optional("iowait_percent")
        irqPercent = try reader.optional("irq_percent")
        nicePercent = try reader.optional("nice_percent")
        perCore = try reader.optional("per_core")
        stealPercent = try reader.optional("steal_percent")
        systemPercent = try reader.optional("system_percent")
        usedPercent = try reader.optional("used_percent")
        userPercent = try reader.optional("user_percent")
        try reader.finish()
    }
}

extension MetricsV1.Core: CanonicalReadable {
    package init(from reader: inout CanonicalReader) throws(CanonicalReader.Miss) {
        try reader.begin()
        let core: Int = try reader.member("core")
        let usedPercent: Percent = try reader.member("used_percent")
        self.init(core: core, usedPercent: usedPercent)
        try reader.finish()
    }
}

extension MetricsV1.Memory: CanonicalReadable {
    package init(from reader: inout CanonicalReader) throws(CanonicalReader.Miss) {
        try reader.begin()
        let availableBytes: Int? = try reader.optional("available_bytes")
        let buffersBytes: Int? = try reader.optional("buffers_bytes")
        let cachedBytes: Int? = try reader.optional("cached_bytes")
        let freeBytes: Int? = try reader.optional("free_bytes")
        let swapTotalBytes: Int? = try reader.optional("swap_total_bytes")
        let swapUsedBytes: Int? = try reader.optional("swap_used_bytes")
        let totalBytes: Int = try reader.member("total_bytes")
        self.init(totalBytes: totalBytes)
        self.availableBytes = availableBytes
        self.buffersBytes = buffersBytes
        self.cachedBytes = cachedBytes
        self.freeBytes = freeBytes
        self.swapTotalBytes = swapTotalBytes
        self.swapUsedBytes = swapUsedBytes
        usedBytes = try reader.optional("used_bytes")
        usedPercent = try reader.optional("used_percent")
        try reader.finish()
    }
}

extension MetricsV1.Pressure: CanonicalReadable {
    package init(from reader: inout CanonicalReader) throws(CanonicalReader.Miss) {
        try reader.begin()
        self.init()
        cpu = try reader.optional("cpu")
        io = try reader.optional("io")
        memory = try reader.optional("memory")
        try reader.finish()
    }
}

extension MetricsV1.Stall: CanonicalReadable {
    package init(from reader: inout CanonicalReader) throws(CanonicalReader.Miss) {
        try reader.begin()
        let fullAvg10Percent: Percent? = try reader.optional("full_avg10_percent")
        let fullAvg300Percent: Percent? = try reader.optional("full_avg300_percent")
        let fullAvg60Percent: Percent? = try reader.optional("full_avg60_percent")
        let someAvg10Percent: Percent = try reader.member("some_avg10_percent")
        let someAvg300Percent: Percent = try reader.member("some_avg300_percent")
        let someAvg60Percent: Percent = try reader.member("some_avg60_percent")
        self.init(
            someAvg10Percent: someAvg10Percent, someAvg60Percent: someAvg60Percent, someAvg300Percent: someAvg300Percent
        )
        self.fullAvg10Percent = fullAvg10Percent
        self.fullAvg300Percent = fullAvg300Percent
        self.fullAvg60Percent = fullAvg60Percent
        try reader.finish()
    }
}

extension MetricsV1.Filesystem: CanonicalReadable {
    package init(from reader: inout CanonicalReader) throws(CanonicalReader.Miss) {
        try reader.begin()
        let availableBytes: Int = try reader.member("available_bytes")
        let device: String = try reader.member("device")
        let inodesAvailable: Int? = try reader.optional("inodes_available")
        let inodesTotal: Int? = try reader.optional("inodes_total")
        let inodesUsed: Int? = try reader.optional("inodes_used")
        let inodesUsedPercent: Percent? = try reader.optional("inodes_used_percent")
        let mountPoint: String = try reader.member("mount_point")
        let readOnly: Bool = try reader.member("read_only")
        let totalBytes: Int = try reader.member("total_bytes")
        let type: String = try reader.member("type")
        let usedBytes: Int = try reader.member("used_bytes")
        self.init(
            mountPoint: mountPoint, device: device, type: type, totalBytes: totalBytes, usedBytes: usedBytes,
            availableBytes: availableBytes, readOnly: readOnly)
        self.inodesAvailable = inodesAvailable
        self.inodesTotal = inodesTotal
        self.inodesUsed = inodesUsed
        self.inodesUsedPercent = inodesUsedPercent
        usedPercent = try reader.optional("used_percent")
        try reader.finish()
    }
}

extension MetricsV1.Disk: CanonicalReadable {
    package init(from reader: inout CanonicalReader) throws(CanonicalReader.Miss) {
        try reader.begin()
        let busyPercent: Percent? = try reader.optional("busy_percent")
        let name: String = try reader.member("name")
        let readBytesPerSecond: Double? = try reader.optional("read_bytes_per_second")
        let readBytesTotal: Int = try reader.member("read_bytes_total")
        let readsPerSecond: Double? = try reader.optional("reads_per_second")
        let readsTotal: Int = try reader.member("reads_total")
        let writesPerSecond: Double? = try reader.optional("writes_per_second")
        let writesTotal: Int = try reader.member("writes_total")
        let writtenBytesPerSecond: Double? = try reader.optional("written_bytes_per_second")
        let writtenBytesTotal: Int = try reader.member("written_bytes_total")
        self.init(
            name: name, readBytesTotal: readBytesTotal, writtenBytesTotal: writtenBytesTotal, readsTotal: readsTotal,
            writesTotal: writesTotal)
        self.busyPercent = busyPercent
        self.readBytesPerSecond = readBytesPerSecond
        self.readsPerSecond = readsPerSecond
        self.writesPerSecond = writesPerSecond
        self.writtenBytesPerSecond = writtenBytesPerSecond
        try reader.finish()
    }
}

extension MetricsV1.Interface: CanonicalReadable {
    package init(from reader: inout CanonicalReader) throws(CanonicalReader.Miss) {
        try reader.begin()
        let name: String = try reader.member("name")
        let receiveDropsTotal: Int? = try reader.optional("receive_drops_total")
        let receiveErrorsTotal: Int? = try reader.optional("receive_errors_total")
        let receivedBytesPerSecond: Double? = try reader.optional("received_bytes_per_second")
        let receivedBytesTotal: Int = try reader.member("received_bytes_total")
        let receivedPacketsTotal: Int? = try reader.optional("received_packets_total")
        let transmitDropsTotal: Int? = try reader.optional("transmit_drops_total")
        let transmitErrorsTotal: Int? = try reader.optional("transmit_errors_total")
        let transmittedBytesPerSecond: Double? = try reader.optional("transmitted_bytes_per_second")
        let transmittedBytesTotal: Int = try reader.member("transmitted_bytes_total")
        self.init(name: name, receivedBytesTotal: receivedBytesTotal, transmittedBytesTotal: transmittedBytesTotal)
        self.receiveDropsTotal = receiveDropsTotal
        self.receiveErrorsTotal = receiveErrorsTotal
        self.receivedBytesPerSecond = receivedBytesPerSecond
        self.receivedPacketsTotal = receivedPacketsTotal
        self.transmitDropsTotal = transmitDropsTotal
        self.transmitErrorsTotal = transmitErrorsTotal
        self.transmittedBytesPerSecond = transmittedBytesPerSecond
        transmittedPacketsTotal = try reader.optional("transmitted_packets_total")
        try reader.finish()
    }
}

extension MetricsV1.Temperature: CanonicalReadable {
    package init(from reader: inout CanonicalReader) throws(CanonicalReader.Miss) {
        try reader.begin()
        let celsius: Double = try reader.member("celsius")
        let criticalCelsius: Double? = try reader.optional("critical_celsius")
        let highCelsius: Double? = try reader.optional("high_celsius")
        let label: String? = try reader.optional("label")
        let sensor: String = try reader.member("sensor")
        self.init(sensor: sensor, celsius: celsius)
        self.criticalCelsius = criticalCelsius
        self.highCelsius = highCelsius
        self.label = label
        try reader.finish()
    }
}

extension MetricsV1.Fan: CanonicalReadable {
    package init(from reader: inout CanonicalReader) throws(CanonicalReader.Miss) {
        try reader.begin()
        let label: String? = try reader.optional("label")
        let rpm: Int = try reader.member("rpm")
        let sensor: String = try reader.member("sensor")
        self.init(sensor: sensor, rpm: rpm)
        self.label = label
        try reader.finish()
    }
}

extension MetricsV1.Battery: CanonicalReadable {
    package init(from reader: inout CanonicalReader) throws(CanonicalReader.Miss) {
        try reader.begin()
        let chargePercent: Percent? = try reader.optional("charge_percent")
        let name: String = try reader.member("name")
        self.init(name: name)
        self.chargePercent = chargePercent
        state = try reader.optional("state")
        try reader.finish()
    }
}

extension MetricsV1.Processes: CanonicalReadable {
    package init(from reader: inout CanonicalReader) throws(CanonicalReader.Miss) {
        try reader.begin()
        let blocked: Int? = try reader.optional("blocked")
        let running: Int? = try reader.optional("running")
        let threads: Int? = try reader.optional("threads")
        let total: Int = try reader.member("total")
        self.init(total: total)
        self.blocked = blocked
        self.running = running
        self.threads = threads
        try reader.finish()
    }
}

extension MetricsV1.Container: CanonicalReadable {
    package init(from reader: inout CanonicalReader) throws(CanonicalReader.Miss) {
        try reader.begin()
        let cpuPercent: Double? = try reader.optional("cpu_percent")
        let id: String = try reader.member("id")
        self.init(id: id)
        self.cpuPercent = cpuPercent
        memoryLimitBytes = try reader.optional("memory_limit_bytes")
        memoryUsedBytes = try reader.optional("memory_used_bytes")
        readBytesTotal = try reader.optional("read_bytes_total")
        receivedBytesTotal = try reader.optional("received_bytes_total")
        transmittedBytesTotal = try reader.optional("transmitted_bytes_total")
        writtenBytesTotal = try reader.optional("written_bytes_total")
        try reader.finish()
    }
}
