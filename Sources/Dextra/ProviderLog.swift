import Bytes
import Logging
import OpenIDConnect
import Web

/// Writes what happens to the log and counts it. Values come from rules, which never hand out a secret.
struct ProviderLog: EventLog {
    let logger: Logger
    let counts: ProviderMetrics
    private let refusals: CounterFamily
    private let clientFailures: CounterFamily
    private let passwordChanges: CounterFamily
    private let logouts: CounterFamily
    private let replays: CounterFamily
    private let storeFailures: CounterFamily

    init(logger: Logger, metrics: Metrics) {
        self.logger = logger
        counts = ProviderMetrics(registry: metrics)
        refusals = metrics.counter(
            "dextra_token_refusals_total", help: "Token requests refused, by grant and error.", labels: ["grant", "error"])
        clientFailures = metrics.counter(
            "dextra_client_authentication_failures_total",
            help: "Requests of clients that did not prove who they are, by reason.", labels: ["reason"])
        passwordChanges = metrics.counter(
            "dextra_password_changes_total", help: "Changes of expired passwords, by connector and outcome.",
            labels: ["connector", "outcome"])
        logouts = metrics.counter(
            "dextra_logouts_total", help: "Logouts of one application or at another site, by connector and outcome.",
            labels: ["connector", "outcome"])
        replays = metrics.counter(
            "dextra_replays_total", help: "Codes and refresh tokens that were used again.", labels: ["kind"])
        storeFailures = metrics.counter("dextra_store_failures_total", help: "Operations that the database refused.", labels: [])
    }

    func record(_ event: ProviderEvent) {
        switch event {
        case .loginSucceeded(let connectorID, let identity, let clientID):
            counts.logins(connectorID, "success").increment()
            logger.info(
                "login successful",
                metadata: metadata([
                    "connector_id": connectorID, "user_id": identity.userID, "username": identity.username,
                    "preferred_username": identity.preferredUsername,
                    "email": identity.email + (identity.emailVerified ? "" : " (unverified)"),
                    "groups": identity.groups.joined(separator: ","), "client_id": clientID,
                ]))
        case .loginFailed(let connectorID, let username, let clientID, let reason, let detail):
            counts.logins(connectorID, reason.metricsLabel).increment()
            logger.warning(
                "failed login attempt",
                metadata: metadata(
                    [
                        "connector_id": connectorID, "user": username, "client_id": clientID, "reason": reason.rawValue,
                        "detail": detail,
                    ].filter { !$0.value.isEmpty }))
        case .passwordChange(let connectorID, let username, let clientID, let result):
            let (outcome, detail) = result.words
            passwordChanges(connectorID, outcome).increment()
            logger.log(
                level: outcome == "success" ? .info : .warning,
                outcome == "success" ? "password changed" : "password not changed",
                metadata: metadata(
                    [
                        "connector_id": connectorID, "user": username, "client_id": clientID, "reason": outcome, "detail": detail,
                    ].filter { !$0.value.isEmpty && $0.value != "success" }))
        case .connectorAnswered(let connectorID, let operation, let duration, let failure):
            counts.connector(connectorID, operation.rawValue, took: duration)
            // A login that fails is told with its reason; a refresh that fails would be told by nobody else.
            if operation == .refresh, let failure {
                logger.warning(
                    "a refresh token was not honored",
                    metadata: metadata(["connector_id": connectorID, "detail": failure.detail]))
            }
        case .loggedOut(let connectorID, let userID, let clientID, let grants):
            logouts(connectorID, "success").increment()
            logger.info(
                "logged out",
                metadata: metadata([
                    "connector_id": connectorID, "user_id": userID, "client_id": clientID, "refresh_grants": String(grants),
                ]))
        case .logoutFailed(let connectorID, let detail):
            logouts(connectorID, "failed").increment()
            logger.warning(
                "a logout at the other site failed", metadata: metadata(["connector_id": connectorID, "detail": detail]))
        case .tokensIssued(let grant, let clientID, let userID):
            counts.tokens(grant).increment()
            logger.debug("tokens issued", metadata: metadata(["grant": grant, "client_id": clientID, "user_id": userID]))
        case .clientAuthenticationFailed(let clientID, let reason):
            clientFailures(reason.metricsLabel).increment()
            logger.warning(
                "failed client authentication",
                metadata: metadata(
                    ["client_id": clientID, "reason": reason.rawValue].filter { !$0.value.isEmpty }, withRoute: true))
        case .tokenRefused(let grant, let clientID, let error):
            refusals(grant, error.code.rawValue).increment()
            logger.info(
                "token request refused",
                metadata: metadata(["grant": grant, "client_id": clientID, "error": error.code.rawValue]))
        case .replayDetected(let kind, let clientID, let grantID):
            replays(kind).increment()
            logger.warning(
                "a \(kind) was used again; what was issued under its grant is revoked",
                metadata: metadata(["client_id": clientID, "grant_id": grantID]))
        case .storeFailed(let error, let doing):
            storeFailures().increment()
            logger.error("storage failed", metadata: metadata(["doing": doing, "error": "\(error)"], withRoute: true))
        case .signingFailed(let error):
            logger.error("signing failed", metadata: metadata(["error": "\(error)"]))
        case .keysRotated(let newKeyID, let activatesAt):
            logger.info("keys rotated", metadata: metadata(["key_id": newKeyID, "activates_at": activatesAt]))
        }
    }

    /// - Parameter withRoute: which of our addresses was asked, where the event alone does not say it.
    private func metadata(_ values: [ExactText: String], withRoute: Bool = false) -> Logger.Metadata {
        var metadata = Logger.Metadata(uniqueKeysWithValues: values.map { ($0.key.text, .string($0.value)) })
        // Every line about a request can be found by the id that the answer's page shows.
        if let request = RequestScope.current {
            metadata["request_id"] = .string(request.id)
            metadata["client_remote_addr"] = .string(request.clientAddress)
            if withRoute { metadata["handler"] = .string(request.route) }
        }
        return metadata
    }
}

extension Result<PasswordChange, ConnectorError> {
    /// The outcome for metrics, and what the operator should know of it.
    fileprivate var words: (outcome: String, detail: String) {
        switch self {
        case .success(.changed): ("success", "")
        case .success(.wrongPassword): ("wrong_password", "")
        case .success(.refused(let refusal, let text)): ("refused", "\(refusal.rawValue): \(text)")
        case .failure(.overloaded): ("overloaded", "")
        case .failure(let error): ("unavailable", error.detail)
        }
    }
}

extension ClientAuthenticationFailure {
    fileprivate var metricsLabel: String {
        switch self {
        case .malformed: "malformed"
        case .unknownClient: "unknown_client"
        case .wrongSecret: "wrong_secret"
        case .wrongMethod: "wrong_method"
        case .wrongAssertion: "wrong_assertion"
        case .usedAssertion: "used_assertion"
        case .notAllowed: "not_allowed"
        }
    }
}

extension LoginFailure {
    fileprivate var metricsLabel: String {
        switch self {
        case .wrongCredentials: "wrong_credentials"
        case .unavailable: "unavailable"
        case .refused: "refused"
        case .overloaded: "overloaded"
        case .denied: "denied"
        }
    }
}
