import Bytes
import Edge
import Logging
import OpenIDConnect
import Web

/// Writes down what logins and sessions of the edge tell.
struct EdgeLoginLog: LoginEventLog {
    let logger: Logger

    func record(_ event: LoginEvent) {
        switch event {
        case .signedIn(let session, let issuer, let subject):
            log(.info, "edge login", ["session": session, "issuer": issuer, "subject": subject])
        case .signedOut(let session, let subject): log(.info, "edge sign-out", ["session": session, "subject": subject])
        case .refreshed(let session, let subject):
            log(.debug, "edge session refreshed", ["session": session, "subject": subject])
        case .refreshPostponed(let session, let reason):
            log(.warning, "an edge session could not be refreshed and goes on", ["session": session, "reason": reason])
        case .refreshRefused(let session, let subject, let reason):
            log(.info, "edge session ended by its provider", ["session": session, "subject": subject, "reason": reason])
        case .loginRefused(let reason): log(.info, "edge login refused", ["reason": reason])
        case .loginUnavailable(let reason): log(.error, "edge login impossible", ["reason": reason])
        case .storeFailed(let error, let doing): log(.error, "the store failed", ["doing": doing, "error": "\(error)"])
        }
    }

    private func log(_ level: Logger.Level, _ message: Logger.Message, _ values: [ExactText: String]) {
        var metadata = Logger.Metadata(uniqueKeysWithValues: values.map { ($0.key.text, .string($0.value)) })
        if let scope = RequestScope.current {
            metadata["request_id"] = .string(scope.id)
            if !scope.clientAddress.isEmpty { metadata["client_remote_addr"] = .string(scope.clientAddress) }
        }
        logger.log(level: level, message, metadata: metadata)
    }
}
