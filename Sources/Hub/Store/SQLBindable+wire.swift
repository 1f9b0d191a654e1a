import Contracts

extension Timestamp: SQLBindable {
    var sqlValue: SQLValue { .integer(milliseconds) }
}

extension Percent: SQLBindable {
    var sqlValue: SQLValue { .real(value) }
}

extension Identifier: SQLBindable {
    var sqlValue: SQLValue { .text(text) }
}

extension Digest: SQLBindable {
    var sqlValue: SQLValue { .text(text) }
}

extension Kind: SQLBindable {
    var sqlValue: SQLValue { .text(rawValue) }
}
