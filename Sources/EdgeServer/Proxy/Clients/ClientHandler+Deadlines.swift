import NIOCore
import Web

/// For how long a client may take.
extension ClientHandler {
    private var deadline: NIODeadline? {
        let limits = proxy.settings.limits
        switch phase {
        case .idle: return lastActivity + .seconds(Int64(answeredOne ? limits.idleSeconds : limits.headSeconds))
        case .gathering, .draining: return arrived + .seconds(Int64(limits.bodySeconds))
        case .discarding(let until): return until
        case .judging, .answering, .forwarding, .tunnel, .closed: return nil
        }
    }

    func scheduleDeadline() {
        guard let context else { return }
        deadlineTimer?.cancel()
        let limits = proxy.settings.limits
        let soon = NIODeadline.now() + .seconds(Int64(min(limits.headSeconds, limits.bodySeconds, limits.idleSeconds)))
        deadlineTimer = context.eventLoop.assumeIsolated().scheduleTask(deadline: min(deadline ?? soon, soon)) {
            self.checkDeadline()
        }
    }

    private func checkDeadline() {
        deadlineTimer = nil
        guard let context else { return }
        if let deadline, deadline <= .now() {
            guard case .gathering = phase else {
                context.close(promise: nil)
                return
            }
            reject(.bodyTooSlow)
        }
        scheduleDeadline()
    }
}
