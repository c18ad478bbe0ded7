import Bytes
import FoundationEssentials
import JOSE

/// From a logout request to its end (OpenID Connect RP-Initiated Logout 1.0): ask, if nothing proves who asks → end what is here →
/// end the session at the other site → back to the client.
///
/// Nothing is kept here on the way: the browser carries it, sealed and bound to it.
public struct LogoutFlow: Sendable {
    let parts: ProviderParts
    private let validator: LogoutRequestValidator

    public init(_ parts: ProviderParts) {
        self.parts = parts
        validator = LogoutRequestValidator(parts: parts)
    }

    /// How long a page waits for an answer, and another site for its visitor.
    static let patience = 3600.0
    /// A browser follows a redirect at once.
    static let redirectLifetime = 120.0

    static let requestPurpose = "logout request 1"
    static let questionPurpose = "logout question 1"
    static let departurePurpose = "logout departure 1"

    // MARK: Logins

    /// What the browser's cookie is to be after a login.
    /// - Returns: nil if it cannot be made; the login is good all the same.
    public func remember(_ login: BrowserLogin, in cookie: String?, browser: BrowserBinding) async -> String? {
        var logins = await logins(cookie, browser)
        logins.add(login)
        return sealed(logins, browser)
    }

    private func sealed(_ logins: BrowserLogins, _ browser: BrowserBinding) -> String? {
        do {
            return try parts.sealers.seal(logins.serialized(browser: browser.hash), purpose: BrowserLogins.purpose)
        } catch {
            parts.events.record(.storeFailed(error, doing: "seal a browser's logins"))
            return nil
        }
    }

    func logins(_ cookie: String?, _ browser: BrowserBinding) async -> BrowserLogins {
        guard let cookie, let bytes = await parts.sealers.open(cookie, purpose: BrowserLogins.purpose) else {
            return BrowserLogins()
        }
        return BrowserLogins(bytes, browser: browser.hash) ?? BrowserLogins()
    }

    // MARK: The ways in

    /// A client's request.
    /// - Parameter isPost: another site's POST comes without our cookies.
    public func begin(_ parameters: RequestParameters, isPost: Bool, browser: LogoutBrowser) async -> LogoutAnswer {
        await answer { () throws(PageError) in
            let request = try await validator.validate(parameters)
            if isPost {
                let sealed = try seal(request, purpose: Self.requestPurpose, lifetime: Self.redirectLifetime)
                return LogoutAnswer(.again(request: sealed))
            }
            return try await proceed(request, browser)
        }
    }

    /// The same request, by GET.
    public func resume(_ sealed: String, browser: LogoutBrowser) async -> LogoutAnswer {
        await answer { () throws(PageError) in
            guard let (request, _) = await opened(sealed, purpose: Self.requestPurpose, browser: nil) else {
                throw Self.expired
            }
            return try await proceed(request, browser)
        }
    }

    /// The person said yes.
    public func confirm(_ sealed: String?, browser: LogoutBrowser) async -> LogoutAnswer {
        await answer { () throws(PageError) in
            guard let (request, _) = await opened(sealed, purpose: Self.questionPurpose, browser: browser.binding) else {
                throw Self.expired
            }
            return try await end(request, await logins(browser.logins, browser.binding), browser)
        }
    }

    /// Back from another site.
    public func callback(_ parameters: RequestParameters, browser: LogoutBrowser) async -> LogoutAnswer {
        await answer { () throws(PageError) in
            guard
                let (request, state) = await opened(browser.departure, purpose: Self.departurePurpose, browser: browser.binding),
                let state, let presented = parameters["state"] ?? parameters["RelayState"],
                constantTimeEquals(Array(state.utf8), Array(presented.utf8))
            else { throw Self.expired }
            return try await leave(request, await logins(browser.logins, browser.binding), browser)
        }
    }

    // MARK: The line itself

    private func proceed(_ request: LogoutRequest, _ browser: LogoutBrowser) async throws(PageError) -> LogoutAnswer {
        let logins = await logins(browser.logins, browser.binding)
        // §2: without a hint, and with one of somebody else than who is here, the person must be asked. Anybody can write a link.
        if let person = request.person, logins.entries.isEmpty || logins.entries.contains(where: person.isOf) {
            return try await end(request, logins, browser)
        }
        guard !request.isRefused || request.person != nil else { throw Self.unregistered(isOver: false) }
        let sealed = try seal(request, purpose: Self.questionPurpose, lifetime: Self.patience, browser: browser.binding)
        return LogoutAnswer(.ask(clientName: request.clientName, request: sealed, uiLocales: request.uiLocales))
    }

    /// Ends what is here.
    private func end(
        _ request: LogoutRequest, _ logins: BrowserLogins, _ browser: LogoutBrowser
    ) async throws(PageError) -> LogoutAnswer {
        var logins = logins
        let isHere = request.person.map { logins.entries.contains(where: $0.isOf) } ?? false
        do {
            let ending = GrantEnding(parts: parts)
            if let person = request.person {
                var ended: [String] = []
                // A client that is gone took its grants with it.
                if let clientID = request.clientID {
                    ended = try await ending.end(
                        userID: person.userID, connectorID: person.connectorID, clientID: clientID)
                    loggedOut(person.userID, person.connectorID, clientID, ended)
                }
                // Its access tokens are there though it never had a refresh token.
                if let grantID = person.grantID, !ended.containsExactly(grantID) { try await Revoker(parts).revoke(id: grantID) }
            }
            for index in logins.entries.indices {
                let entry = logins.entries[index]
                if isHere, let person = request.person {
                    logins.entries[index].isEnding = entry.isEnding || person.isOf(entry)
                    continue
                }
                // The person was asked: this browser is to know nobody any more.
                logins.entries[index].isEnding = true
                for clientID in request.clientID.map({ [$0] }) ?? entry.clientIDs {
                    loggedOut(
                        entry.userID, entry.connectorID, clientID,
                        try await ending.end(userID: entry.userID, connectorID: entry.connectorID, clientID: clientID))
                }
            }
        } catch {
            throw PageError(error, doing: "end a login", toldTo: parts.events)
        }
        return try await leave(request, logins, browser)
    }

    func loggedOut(_ userID: String, _ connectorID: String, _ clientID: String, _ grants: [String]) {
        parts.events.record(
            .loggedOut(connectorID: connectorID, userID: userID, clientID: clientID, grants: grants.count))
    }

    /// To the next other site, or to the end.
    private func leave(
        _ request: LogoutRequest, _ logins: BrowserLogins, _ browser: LogoutBrowser
    ) async throws(PageError) -> LogoutAnswer {
        var logins = logins
        while let index = logins.entries.firstIndex(where: \.isEnding) {
            let entry = logins.entries.remove(at: index)
            let state = Self.state(parts.random)
            guard let destination = await destination(of: entry, state: state) else { continue }
            let departure = try seal(
                request, purpose: Self.departurePurpose, lifetime: Self.patience, browser: browser.binding, state: state)
            return changed(LogoutAnswer(.leave(destination)), logins, .set(departure), browser)
        }
        return changed(LogoutAnswer(try await outcome(of: request)), logins, browser.departure == nil ? .keep : .clear, browser)
    }

    private func destination(of entry: BrowserLogins.Entry, state: String) async -> ConnectorDestination? {
        guard let memory = entry.logoutMemory,
            let connector = parts.connectors[entry.connectorID]?.connector as? any LogoutConnector
        else { return nil }
        do throws(ConnectorError) {
            return try await connector.logoutDestination(
                for: LogoutVisit(memory: memory, callbackURL: parts.settings.issuer + "/logout/callback", state: state))
        } catch {
            // Here it is over all the same.
            parts.events.record(.logoutFailed(connectorID: entry.connectorID, detail: error.detail))
            return nil
        }
    }

    private func outcome(of request: LogoutRequest) async throws(PageError) -> LogoutOutcome {
        switch request.target {
        case .page: return .signedOut(uiLocales: request.uiLocales)
        case .refused: return .refuse(Self.unregistered(isOver: true))
        case .address(let address):
            // A reload may have taken the client or its address away in the meantime.
            guard let client = try await validator.client(request.clientID),
                client.postLogoutRedirectURIs.containsExactly(address)
            else { return .refuse(Self.unregistered(isOver: true)) }
            return .end(location: request.location(address))
        }
    }

    func changed(
        _ answer: LogoutAnswer, _ logins: BrowserLogins, _ departure: LogoutAnswer.Change, _ browser: LogoutBrowser
    ) -> LogoutAnswer {
        var answer = answer
        answer.departure = departure
        guard browser.logins != nil else { return answer }
        let sealed = logins.entries.isEmpty ? nil : sealed(logins, browser.binding)
        answer.logins = sealed.map(LogoutAnswer.Change.set) ?? .clear
        return answer
    }

    private static func state(_ random: any RandomSource) -> String {
        random.bytes(16).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    // MARK: What travels

    private func seal(
        _ request: LogoutRequest, purpose: String, lifetime: Double, browser: BrowserBinding? = nil, state: String? = nil
    ) throws(PageError) -> String {
        var object: JSONObject = [
            "q": request.json, "x": .integer(Int64((parts.clock.now + lifetime).timeIntervalSince1970)),
        ]
        if let browser { object["b"] = .string(Base64URL.encode(browser.hash)) }
        if let state { object["n"] = .string(state) }
        do { return try parts.sealers.seal(object.serialized(), purpose: purpose) } catch {
            throw PageError(error, doing: "seal a logout", toldTo: parts.events)
        }
    }

    /// - Parameter browser: whose it must be.
    private func opened(
        _ sealed: String?, purpose: String, browser: BrowserBinding?
    ) async -> (request: LogoutRequest, state: String?)? {
        guard let sealed, let bytes = await parts.sealers.open(sealed, purpose: purpose),
            let object = (try? JSON(parsing: bytes))?.object, let request = object["q"]?.object,
            let expiry = object["x"]?.integer, parts.clock.now.timeIntervalSince1970 < Double(expiry)
        else { return nil }
        if let browser {
            guard let owner = object["b"]?.string.flatMap({ try? Base64URL.decode($0) }),
                constantTimeEquals(owner, browser.hash)
            else { return nil }
        }
        return (LogoutRequest(sealed: request), object["n"]?.string)
    }

    private static let expired = PageError(.invalid, "This logout has expired or belongs to another browser.")

    private static func unregistered(isOver: Bool) -> PageError {
        PageError(
            .invalid,
            (isOver ? "You are signed out, but the way back is unknown: the" : "The")
                + " post_logout_redirect_uri is not registered for this application, or the application is not named.")
    }

    func answer(_ body: () async throws(PageError) -> LogoutAnswer) async -> LogoutAnswer {
        do throws(PageError) { return try await body() } catch { return LogoutAnswer(.refuse(error)) }
    }
}
