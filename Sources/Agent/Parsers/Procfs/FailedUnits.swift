/// What `systemctl list-units --failed --plain --no-legend` says: unit, load, active, sub state and description.
enum FailedUnits {
    /// The names, sorted; nil where a line is no unit's.
    static func parse(_ text: String) -> [String]? {
        var names: [String] = []
        for line in text.split(separator: "\n") {
            // Versions before 246 print the dot even where a plain list is asked for.
            let words = line.words.drop { $0 == "●" || $0 == "*" }
            guard let name = words.first, words.count >= 4, name.contains("."), name.utf8.count <= 256 else {
                return nil
            }
            names.append(String(name))
        }
        return names.sorted()
    }
}
