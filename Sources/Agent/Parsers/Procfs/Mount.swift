/// One mount of `/proc/PID/mountinfo` (proc_pid_mountinfo(5)).
struct Mount: Equatable, Sendable {
    var major: Int
    var minor: Int
    /// The directory of the file system that is mounted; `/` but for bind mounts and btrfs subvolumes.
    var root: String
    var mountPoint: String
    var readOnly: Bool
    var type: String
    /// The device, the dataset, or `server:/path`.
    var source: String

    /// Reads the table, without what `passingOver` says of a type: most lines of a container host are of no use.
    static func parse(_ bytes: [UInt8], passingOver: (String) -> Bool = { _ in false }) -> Parsed<[Mount]> {
        var result = Parsed<[Mount]>(value: [])
        var text = ByteScanner(bytes)
        var number = 0
        while let line = text.line() {
            number += 1
            if line.isAtEnd { continue }
            switch mount(line, passingOver) {
            case .kept(let mount): result.value.append(mount)
            case .passedOver: break
            case .malformed:
                result.faults.append(LineFault(line: number, message: "not the fields of a mount"))
            }
        }
        return result
    }

    private enum Line {
        case kept(Mount)
        case passedOver
        case malformed
    }

    private static func mount(_ text: ByteScanner, _ passingOver: (String) -> Bool) -> Line {
        var line = text
        guard line.unsigned() != nil, line.unsigned() != nil, var device = line.word(),
            var major = device.take(upTo: 0x3A), let majorNumber = major.unsigned(), let minor = device.unsigned(),
            majorNumber < 1 << 20, minor < 1 << 32,
            let root = line.word(), let mountPoint = line.word(), let options = line.word()
        else { return .malformed }
        // Optional fields up to a hyphen of its own.
        while true {
            guard let field = line.word() else { return .malformed }
            if field.equals("-") { break }
        }
        guard let type = line.word(), let source = line.word() else { return .malformed }
        let typeText = type.text
        if passingOver(typeText) { return .passedOver }
        let superOptions = line.word()
        return .kept(
            Mount(
                major: Int(majorNumber), minor: Int(minor), root: unescape(root), mountPoint: unescape(mountPoint),
                readOnly: isReadOnly(options) || superOptions.map(isReadOnly) == true, type: typeText,
                source: unescape(source)))
    }

    private static func isReadOnly(_ options: ByteScanner) -> Bool {
        options.equals("ro") || options.starts(with: "ro,")
    }

    /// Space, tab, newline, backslash and `#` are written as three octal digits.
    private static func unescape(_ field: ByteScanner) -> String {
        let bytes = field.rest
        guard bytes.contains(0x5C) else { return field.text }
        var result: [UInt8] = []
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let digits = bytes[(index + 1)..<min(index + 4, bytes.endIndex)]
            if bytes[index] == 0x5C, digits.count == 3,
                let code = UInt8(String(decoding: digits, as: UTF8.self), radix: 8)
            {
                result.append(code)
                index += 4
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
