import FoundationEssentials
import OpenIDConnect
import Synchronization

/// Something that another server has told, asked for once by however many need it, and again after an hour.
///
/// When it cannot be asked again, what it said last still holds.
actor Remembered<Value: Sendable> {
    private let lifetime: Double
    /// Why it could not be asked again, while what it said last is still used; nil if all is well.
    nonisolated let concern = Mutex<ConnectorError?>(nil)
    private var known: (value: Value, until: Date)?
    private var asking: Task<Result<Value, ConnectorError>, Never>?

    init(lifetime: Double = 3600) {
        self.lifetime = lifetime
    }

    func value(
        now: Date, asking ask: @escaping @Sendable () async throws(ConnectorError) -> Value
    ) async throws(ConnectorError)
        -> Value
    {
        if let known, now < known.until { return known.value }
        let task =
            asking
            ?? Task {
                do throws(ConnectorError) { return .success(try await ask()) } catch { return .failure(error) }
            }
        asking = task
        let result = await task.value
        if asking == task { asking = nil }
        switch result {
        case .success(let value):
            known = (value, now.addingTimeInterval(lifetime))
            concern.withLock { $0 = nil }
            return value
        case .failure(let error):
            guard let known else { throw error }
            // Not at every login: a server that is down makes each wait.
            self.known = (known.value, now.addingTimeInterval(60))
            concern.withLock { $0 = error }
            return known.value
        }
    }
}
