import Bytes
import JOSE

/// Checks what came to the logout endpoint. Nothing is believed without proof: a person only by an ID token that we signed, an
/// address only if it is registered for the client.
struct LogoutRequestValidator: Sendable {
    let parts: ProviderParts

    func validate(_ parameters: RequestParameters) async throws(PageError) -> LogoutRequest {
        if let name = parameters.repeatedName { throw PageError(.invalid, "The parameter '\(name)' is there twice.") }
        var request = LogoutRequest()
        request.uiLocales = parameters.words("ui_locales")
        request.state = parameters["state"]
        guard (request.state?.utf8.count ?? 0) <= LogoutRequest.longestState else {
            throw PageError(.invalid, "The state is longer than \(LogoutRequest.longestState) bytes.")
        }
        let stated = parameters["client_id"]
        var clientID = stated
        if let token = parameters["id_token_hint"], let hint = await hint(token) {
            // §2: a token of another client proves nothing for this one.
            guard stated.map({ $0.hasSameBytes(as: hint.clientID) }) ?? true else {
                throw PageError(.invalid, "The id_token_hint is of another client than client_id.")
            }
            request.person = hint.person
            clientID = hint.clientID
        }
        let client = try await client(clientID)
        request.clientID = client?.id
        request.clientName = client?.name
        if let address = parameters["post_logout_redirect_uri"] {
            // Exactly one of those that are registered (§3.1): everything else would make us an open redirector.
            request.target = client?.postLogoutRedirectURIs.containsExactly(address) ?? false ? .address(address) : .refused
        }
        return request
    }

    func client(_ id: String?) async throws(PageError) -> Client? {
        guard let id else { return nil }
        do { return try await parts.clients.client(id: id) } catch {
            throw PageError(error, doing: "find a client", toldTo: parts.events)
        }
    }

    /// - Returns: nil for what is not an ID token of ours; one that has expired is taken (§2).
    private func hint(_ token: String) async -> (person: LogoutRequest.Person, clientID: String)? {
        guard let claims = await parts.verifier.hint(token), let subject = claims.subject.flatMap(Subject.parse),
            let clientID = claims.all["azp"]?.string ?? (claims.audience.count == 1 ? claims.audience.first : nil)
        else { return nil }
        let grantID = claims.tokenID.flatMap { id in id.cutOnce(at: ".").map { String($0.before) } }
        return (
            LogoutRequest.Person(userID: subject.userID, connectorID: subject.connectorID, grantID: grantID), clientID
        )
    }
}
