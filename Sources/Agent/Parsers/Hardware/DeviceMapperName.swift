/// A device-mapper device of LVM, told by its `uuid` and `name` in sysfs (lvm2, lib/activate/dev_manager.c).
struct DeviceMapperName: Equatable, Sendable {
    var volumeGroup: String
    var logicalVolume: String

    /// Nil for what is not LVM's, and for the hidden parts of a volume: thin pools' data, mirrors' legs, caches.
    init?(uuid: String, name: String) {
        // "LVM-", 32 characters for the group, 32 for the volume; a suffix marks a hidden part.
        guard uuid.hasPrefix("LVM-"), uuid.utf8.count == 68 else { return nil }
        // The first hyphen that stands alone parts group from volume; within names it is doubled.
        let bytes = Array(name.utf8)
        var index = 0
        while index < bytes.count {
            if bytes[index] == 0x2D {
                if index + 1 < bytes.count, bytes[index + 1] == 0x2D {
                    index += 1
                } else {
                    volumeGroup = Self.single(bytes[..<index])
                    logicalVolume = Self.single(bytes[(index + 1)...])
                    let hidden = Self.hidden.contains { logicalVolume.contains($0) }
                    if volumeGroup.isEmpty || logicalVolume.isEmpty || hidden { return nil }
                    return
                }
            }
            index += 1
        }
        return nil
    }

    private static let hidden = [
        "_tmeta", "_tdata", "_cmeta", "_cdata", "_corig", "_rmeta_", "_rimage_", "_mimage_", "_mlog", "_pmspare",
        "_vorigin", "_vdata", "_cvol",
    ]

    private static func single(_ bytes: ArraySlice<UInt8>) -> String {
        String(decoding: bytes, as: UTF8.self).split(separator: "--", omittingEmptySubsequences: false)
            .joined(separator: "-")
    }
}
