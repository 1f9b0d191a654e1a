import Contracts

/// One look at an engine's disk usage, beside the other questions: an engine may have to read all of its volumes for
/// the answer, and nothing else waits for that.
///
/// Begun once a day. What is not there when the rest of the snapshot is complete goes into the next one.
struct DiskUsageMeasuring {
    private let memory: EngineMemory
    private let end: FirstResult<Void>?

    /// For the engine's answer.
    private static let deadlineSeconds = 120.0
    /// What a snapshot waits for it once everything else is there.
    private static let grace = Duration.seconds(2)

    /// Begins, if a day has gone by.
    ///
    /// - Parameter client: with the version negotiated.
    init(_ client: EngineClient, _ memory: EngineMemory, _ now: Timestamp) {
        self.memory = memory
        guard memory.beginMeasuring(now: now) else {
            end = nil
            return
        }
        let end = FirstResult<Void>()
        self.end = end
        let client = client.separate(budgetSeconds: Self.deadlineSeconds)
        Task {
            await Self.measure(client, memory, now)
            end.offer(())
        }
    }

    private static func measure(_ client: EngineClient, _ memory: EngineMemory, _ now: Timestamp) async {
        let path = "/system/df"
        do throws(EngineClient.Failure) {
            let answer = try await client.json(path, timeoutSeconds: deadlineSeconds, limit: 32 << 20)
            guard let usage = EngineDiskUsage.usage(answer, measuredAt: now) else {
                throw EngineClient.Failure(
                    code: "malformed", message: "unable to read the engine's answer to \(path): no disk usage")
            }
            memory.endMeasuring(usage)
        } catch  where error.isAbsence {
            memory.endMeasuring(nil)
        } catch {
            memory.failMeasuring(
                Problem(code: error.code, severity: "warning", source: "engine", message: error.message))
        }
        memory.save()
    }

    /// The last usage that is known; unknown where there never was one.
    func report(to report: inout DockerCollector.Report) async {
        if let end {
            let timer = Task {
                try await Task.sleep(for: Self.grace)
                end.offer(())
            }
            await end.value()
            timer.cancel()
        }
        report.payload.diskUsage = memory.record.diskUsage
        let isMissing = report.payload.diskUsage == nil
        switch memory.measuring {
        case .idle: break
        case .running:
            guard isMissing else { return }
            report.unknown.insert("/disk_usage")
            report.problems.append(
                Problem(
                    code: "still_running", severity: "warning", source: "engine",
                    message: "the engine has not told its disk usage yet"))
        case .failed(let problem):
            if isMissing { report.unknown.insert("/disk_usage") }
            report.problems.append(problem)
        }
    }
}
