import Contracts

/// What an administrator does with a machine as such, inside a transaction.
struct MachineAdministration {
    let connection: any SQLConnection

    func find(_ name: String) throws -> Int64 {
        guard let id = try connection.row(MachineStatements.byName, name)?["machine_id"].integer else {
            throw CommandFailure(.noInput, "no machine is called \(name); vigie-hub machine list shows them")
        }
        return id
    }

    func rename(_ name: String, to new: String) throws {
        let machine = try find(name)
        guard try connection.row(MachineStatements.byName, new) == nil else {
            throw CommandFailure(.usage, "another machine is called \(new) already")
        }
        try connection.run(MachineStatements.rename, machine, new)
    }

    /// Ends the machine's token; it can enrol again.
    func revoke(_ name: String, reason: String, at now: Timestamp) throws -> Int {
        let machine = try find(name)
        let count = try connection.run(TrustStatements.credentialsRevoke, machine, now, reason)
        if count > 0 {
            try HubMessages(machine: machine, connection: connection).event(
                "revoked", .warning, "its token was revoked by an administrator", occasion: "\(now.milliseconds)",
                at: now)
        }
        return count
    }

    /// Out of service: no token, not expected any more, in no list; what it reported stays.
    func retire(_ name: String, at now: Timestamp) throws {
        let machine = try find(name)
        _ = try connection.run(TrustStatements.credentialsRevoke, machine, now, "retired")
        guard try connection.run(MachineStatements.retire, machine, now) == 1 else {
            throw CommandFailure(.noInput, "\(name) is retired already")
        }
        let messages = HubMessages(machine: machine, connection: connection)
        try messages.event(
            "retired", .info, "retired by an administrator", occasion: "\(now.milliseconds)", at: now)
        try messages.closeAll(at: now)
    }

    /// Erases the machine: identity, tokens, tables, archive, quarantine.
    func delete(_ name: String) throws {
        let machine = try find(name)
        try MetricsDeriver.erase(machine, from: connection)
        try connection.run(MachineStatements.delete, machine)
    }
}
