import Foundation

/// Compares what a test made with a file in the repository; `UPDATE_GOLDEN=1` writes the file instead, to be reviewed
/// as a diff.
package enum Golden {
    /// Nil where the text is that of the file, else a sentence with the first line that differs.
    package static func difference(_ text: String, _ path: String) throws -> String? {
        let url = URL(fileURLWithPath: "\(Repository.root)/\(path)")
        if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: url)
            return nil
        }
        guard let data = try? Data(contentsOf: url) else { return "\(path) is not there; make it with UPDATE_GOLDEN=1" }
        let expected = String(decoding: data, as: UTF8.self)
        if expected == text { return nil }
        let old = expected.split(separator: "\n", omittingEmptySubsequences: false)
        let new = text.split(separator: "\n", omittingEmptySubsequences: false)
        let line = zip(old, new).prefix { $0 == $1 }.count
        return """
            \(path), line \(line + 1): expected \(line < old.count ? String(old[line]) : "the end"), \
            got \(line < new.count ? String(new[line]) : "the end")
            """
    }
}
