import Contracts
import Glibc

/// Temperatures of disks as SMART told them to the root oneshot, kept as long as its file is the same.
struct SMARTTemperatures: Sendable {
    struct Entry: Equatable, Sendable {
        var disk: String
        var celsius: Int
    }

    private(set) var entries: [Entry] = []
    /// When they were measured, since the boot.
    private(set) var uptimeSeconds = 0.0
    private let stamp: Stamp

    private struct Stamp: Equatable, Sendable {
        var inode: UInt64
        var seconds: Int
        var nanoseconds: Int
    }

    /// Nil where there is no file of the oneshot, or none that can be used.
    init?(_ host: Host, kept: SMARTTemperatures?) {
        guard let status = try? host.status(InspectionFile.path) else { return nil }
        let stamp = Stamp(
            inode: UInt64(status.st_ino), seconds: status.st_mtim.tv_sec, nanoseconds: status.st_mtim.tv_nsec)
        if let kept, kept.stamp == stamp {
            self = kept
            return
        }
        self.stamp = stamp
        guard let inspection = InspectionFile.read(host).inspection else { return }
        uptimeSeconds = inspection.uptimeSeconds
        entries = (inspection.disks ?? []).compactMap { disk in
            disk.celsius.map { Entry(disk: disk.name, celsius: $0) }
        }
    }
}

extension MetricsReading {
    /// Beside what the sensors say. A temperature of two rounds ago is left out: it is none of now.
    mutating func smart(_ kept: inout SMARTTemperatures?) {
        guard !isContainer else { return }
        kept = SMARTTemperatures(host, kept: kept)
        guard let kept, !kept.entries.isEmpty, let now = payload.uptimeSeconds, now >= kept.uptimeSeconds,
            now - kept.uptimeSeconds <= InspectionFile.maxTemperatureAgeSeconds
        else { return }
        let temperatures = kept.entries.map { entry in
            var temperature = MetricsV1.Temperature(sensor: "smart", celsius: Double(entry.celsius))
            temperature.label = entry.disk
            return temperature
        }
        payload.temperatures = ((payload.temperatures ?? []) + temperatures).sorted {
            ($0.sensor, $0.label ?? "") < ($1.sensor, $1.label ?? "")
        }
    }
}
