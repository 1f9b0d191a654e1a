import Contracts

/// Exchanges an enrolment token for an identity, in one transaction: checked, used and recorded together.
struct Enrollment {
    /// Why a request is refused; what the agent's user may read.
    struct Refusal: Error, Equatable {
        let code: ProblemCode
        let detail: String
    }

    let connection: any SQLConnection
    let now: Timestamp

    /// Who this machine is. The same machine token again is the same machine and costs no use: an answer that was lost
    /// on its way burns nothing.
    func enroll(_ request: EnrollmentRequest) throws -> (id: Int64, answer: EnrollmentAnswer) {
        let tokenHash = TokenHash.of(request.enrollmentToken)
        guard let token = try connection.row(TrustStatements.enrollmentByToken, tokenHash),
            let tokenID = token["id"].integer
        else { throw Refusal(code: .unauthorized, detail: "this enrolment string is not of this hub; make a new one") }
        if let known = try connection.row(TrustStatements.machineByToken, request.machineTokenHash) {
            guard known["revoked_at"].isNull, let machine = known["machine_id"].integer else {
                throw Refusal(
                    code: .reenrollRequired, detail: "this machine token was revoked; the agent must make a new one")
            }
            return (machine, try answer(machine, notices: []))
        }
        try use(token, id: tokenID)
        let tags = (token["tags"].text ?? "").split(separator: " ").map(String.init)
        var notices: [String] = []
        let machine: Int64
        if let existing = token["for_machine_id"].integer {
            machine = existing
            try takeOver(machine)
        } else {
            notices = try lookAlikes(request)
            machine = try create(request)
        }
        try connection.run(TrustStatements.credentialInsert, request.machineTokenHash, machine, now)
        for tag in tags { try connection.run(MachineStatements.tag, machine, tag) }
        try connection.run(
            TrustStatements.audit, now, "enrollment:\(tokenID)", "machine.enroll", try name(machine), request.hostname)
        return (machine, try answer(machine, notices: notices))
    }

    private func use(_ token: SQLRow, id: Int64) throws {
        func refuse(_ why: String) -> Refusal {
            Refusal(code: .unauthorized, detail: "this enrolment string \(why); make a new one")
        }
        guard token["revoked_at"].isNull else { throw refuse("was revoked") }
        guard (token["expires_at"].integer ?? 0) > now.milliseconds else { throw refuse("has expired") }
        guard try connection.run(TrustStatements.enrollmentUse, id, now) == 1 else {
            throw refuse("has been used as often as it may be")
        }
    }

    private func create(_ request: EnrollmentRequest) throws -> Int64 {
        let uuid = Identifier.make(at: now)
        let row = try connection.row(
            MachineStatements.insert, uuid, now, request.agentVersion, request.hostname, request.machineIDHint,
            request.productUUIDHint)
        guard let machine = row?["id"].integer else {
            throw StoreFailure(code: .other, message: "the database gave no row id")
        }
        let name = try freeName(MachineName.from(hostname: request.hostname))
        try connection.run(MachineStatements.insertSettings, machine, name)
        try event(machine, "enrolled", "enrolled as \(name)")
        return machine
    }

    /// The old identity for a reinstalled machine: the old token ends, and everything is asked for again.
    private func takeOver(_ machine: Int64) throws {
        try connection.run(TrustStatements.credentialsRevoke, machine, now, "enrolled again")
        let kinds = Kind.allCases.filter(\.isInventory).map(\.rawValue).joined(separator: " ")
        try connection.run(MachineStatements.renew, machine, kinds)
        try connection.run(MachineStatements.unretire, machine)
        try CloneWatch.forget(machine, in: connection)
        try HubMessages(machine: machine, connection: connection).close("clone_suspected", at: now)
        try event(machine, "enrolled", "enrolled again; its old token is revoked")
    }

    private func event(_ machine: Int64, _ type: String, _ message: String) throws {
        try HubMessages(machine: machine, connection: connection).event(
            type, .info, message, occasion: "\(now.milliseconds)", at: now)
    }

    private func lookAlikes(_ request: EnrollmentRequest) throws -> [String] {
        guard let hint = request.machineIDHint else { return [] }
        return try connection.rows(MachineStatements.lookAlikes, hint).compactMap { $0["name"].text }.map { name in
            "this looks like \(name), which is enrolled already: if it was reinstalled, delete the new one and enrol with"
                + " a string from vigie-hub enrollment create --machine \(name); if it is a copy, both need a machine-id"
                + " of their own"
        }
    }

    /// The first of `web-01`, `web-01-2`, `web-01-3`, … that no machine has.
    private func freeName(_ base: String) throws -> String {
        var candidate = base
        var number = 1
        while try connection.row(MachineStatements.byName, candidate) != nil {
            number += 1
            candidate = "\(base)-\(number)"
        }
        return candidate
    }

    private func name(_ machine: Int64) throws -> String? {
        try connection.row(MachineStatements.identity, machine)?["name"].text
    }

    private func answer(_ machine: Int64, notices: [String]) throws -> EnrollmentAnswer {
        let row = try connection.row(MachineStatements.identity, machine)
        guard let uuid = row?["machine_uuid"].text.flatMap({ Identifier($0) }), let name = row?["name"].text else {
            throw StoreFailure(code: .damaged, message: "machine \(machine) has no name")
        }
        var answer = EnrollmentAnswer(machineID: uuid, name: name, hubURLs: [])
        answer.notices = notices.isEmpty ? nil : notices
        return answer
    }
}

/// A machine's name on the hub: what an operator types.
enum MachineName {
    /// Letters, digits, dots and dashes of a host's name, in lower case; `machine` where nothing is left.
    static func from(hostname: String) -> String {
        let name = String(
            hostname.lowercased().map { character in
                character.isASCII && (character.isLetter || character.isNumber || character == ".") ? character : "-"
            }.prefix(200)
        ).trimmed("-.")
        return name.isEmpty ? "machine" : name
    }

    static func isValid(_ name: String) -> Bool { !name.isEmpty && from(hostname: name) == name }
}

extension String {
    fileprivate func trimmed(_ characters: String) -> String {
        var rest = self[...]
        while let first = rest.first, characters.contains(first) { rest.removeFirst() }
        while let last = rest.last, characters.contains(last) { rest.removeLast() }
        return String(rest)
    }
}
