/// Names out of `pci.ids` (pci.ids(5)) for the devices that are there; the whole file has 1.4 MB.
struct PCINames: Sendable {
    struct Wanted: Sendable {
        /// Four lower-case hexadecimal digits each.
        var vendors: Set<String> = []
        /// Vendor and device, eight digits.
        var devices: Set<String> = []
        /// Class and subclass, four digits.
        var classes: Set<String> = []
    }

    private(set) var vendors: [String: String] = [:]
    private(set) var devices: [String: String] = [:]
    private(set) var classes: [String: String] = [:]

    static func parse(_ bytes: [UInt8], wanted: Wanted) -> PCINames {
        var names = PCINames()
        var text = ByteScanner(bytes)
        var vendor: String?
        var majorClass: String?
        while var line = text.line() {
            switch line.first {
            case nil, 0x23: continue
            case 0x09:
                line.advance()
                // Two tabs: subsystems and programming interfaces.
                guard line.first != 0x09, vendor != nil || majorClass != nil, let code = line.word() else { continue }
                if let vendor {
                    let key = vendor + code.text
                    if wanted.devices.contains(key) { names.devices[key] = line.text }
                } else if let majorClass {
                    let key = majorClass + code.text
                    if wanted.classes.contains(key) { names.classes[key] = line.text }
                }
            case 0x43 where line.starts(with: "C "):
                line.advance()
                vendor = nil
                majorClass = line.word()?.text
            default:
                majorClass = nil
                vendor = nil
                guard line.count > 4, let code = line.word(), code.count == 4 else { continue }
                let key = code.text
                guard wanted.vendors.contains(key) else { continue }
                vendor = key
                names.vendors[key] = line.text
            }
        }
        return names
    }
}
