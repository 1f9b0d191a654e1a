/// What firmware writes into its tables, told from what its maker forgot to fill in.
enum DMIText {
    /// Nil for the fillers that stand in so many machines that they tell nothing.
    static func meaningful(_ text: String) -> String? {
        let value = text.trimmed
        let lowered = value.lowercased()
        guard !value.isEmpty, value.utf8.count <= 256, !fillers.contains(lowered),
            !fillerPrefixes.contains(where: { lowered.hasPrefix($0) }),
            // "0000000", "........", "xxxx", "----"
            value.contains(where: { !"0.xX- _F*".contains($0) })
        else { return nil }
        return value
    }

    private static let fillers: Set<String> = [
        "n/a", "na", "none", "null", "oem", "o.e.m.", "unknown", "default", "default string", "invalid", "empty",
        "system manufacturer", "system product name", "system version", "system serial number", "system name",
        "base board manufacturer", "base board product name", "base board serial number", "chassis serial number",
        "not available", "not applicable", "no asset tag", "not defined", "undefined", "not provided", "type1family",
        "123456789", "0123456789", "1234567890", "unspecified", "oem default string000", "[empty]", "no dimm",
        "partnum", "sernum", "manufacturer", "asset-1234567890", "type2 - board serial number",
    ]

    private static let fillerPrefixes = [
        "to be filled", "not specified", "not settable", "<out of spec", "<bad index", "no module installed",
        "unknow", "dimm_", "array1_", "sernum", "partnum", "manufacturer0", "modulepartnumber",
    ]

    /// SMBIOS 3.7, 7.4.1: the type of the enclosure in words; nil for "other", "unknown" and what is not defined.
    static func chassis(_ code: Int) -> String? {
        let index = (code & 0x7F) - 3
        return chassisWords.indices.contains(index) ? chassisWords[index] : nil
    }

    private static let chassisWords = [
        "desktop", "low_profile_desktop", "pizza_box", "mini_tower", "tower", "portable", "laptop", "notebook",
        "hand_held", "docking_station", "all_in_one", "sub_notebook", "space_saving", "lunch_box",
        "main_server_chassis", "expansion_chassis", "sub_chassis", "bus_expansion_chassis", "peripheral_chassis",
        "raid_chassis", "rack_mount_chassis", "sealed_case_pc", "multi_system", "compact_pci", "advanced_tca", "blade",
        "blade_enclosing", "tablet", "convertible", "detachable", "iot_gateway", "embedded_pc", "mini_pc", "stick_pc",
    ]
}
