import Contracts

extension Inspector {
    /// Sizes of LVM's groups and volumes. They stand on the disks themselves: while one sleeps they are not read, and
    /// are what they were.
    func volumeGroups(_ inspection: inout Inspection, earlier: Inspection?) async {
        guard hasVolumeGroups else { return }
        if inspection.disks?.contains(where: { $0.outcome == "asleep" }) == true {
            if let groups = earlier?.volumeGroups {
                inspection.volumeGroups = groups
            } else {
                inspection.fail(
                    .volumeGroups,
                    Problem(
                        code: "asleep", severity: "info", source: AuditedCommand.volumeGroups.summary,
                        message: "a disk sleeps, and LVM would wake it: asked again later"))
            }
            return
        }
        let groups = await commands.run(.volumeGroups)
        guard case .exited(0) = groups.end, var found = LVMReport.groups(groups.output) else {
            inspection.fail(.volumeGroups, groups.problem(.volumeGroups, package: "lvm2"))
            return
        }
        let volumes = await commands.run(.logicalVolumes)
        guard case .exited(0) = volumes.end, let byGroup = LVMReport.volumes(volumes.output) else {
            inspection.fail(.volumeGroups, volumes.problem(.logicalVolumes, package: "lvm2"))
            return
        }
        for index in found.indices {
            found[index].volumes = byGroup[found[index].name]?.nonEmpty
            found[index].logicalVolumes = found[index].volumes?.map(\.name)
        }
        inspection.volumeGroups = found.nonEmpty
    }

    /// Active volumes, or a physical volume as udev has seen it: where there is neither, LVM is not started at all.
    private var hasVolumeGroups: Bool {
        let devices = host.names("/sys/block")
        let active = devices.contains {
            $0.hasPrefix("dm-") && host.line("/sys/block/\($0)/dm/uuid")?.hasPrefix("LVM-") == true
        }
        return active
            || host.names("/run/udev/data").contains { name in
                guard name.hasPrefix("b"), let text = try? host.text("/run/udev/data/\(name)", limit: 65_536) else {
                    return false
                }
                return UdevRecord.properties(text)["ID_FS_TYPE"] == "LVM2_member"
            }
    }
}
