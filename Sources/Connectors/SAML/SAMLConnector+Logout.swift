import FoundationEssentials
import JOSE
public import OpenIDConnect
import XMLSecurity

/// Single logout: a logout here ends the session there, and a logout there ends what is here.
extension SAMLConnector: LogoutConnector, LogoutMessageConnector {
    public func logoutDestination(for visit: LogoutVisit) async throws(ConnectorError) -> ConnectorDestination? {
        let settings = try await source.current()
        guard let logout = settings.logout, logout.endsSessions, let url = logout.serviceURL,
            let memory = SAMLLogoutMemory(visit.memory)
        else { return nil }
        let escape = XMLEscaping.escape
        let xml = """
            <samlp:LogoutRequest xmlns:samlp="\(SAMLName.protocolNamespace)" xmlns:saml="\(SAMLName.assertionNamespace)" \
            ID="_\(visit.state)" Version="2.0" IssueInstant="\(Timestamp(clock.now).text)" Destination="\(escape(url))">\
            <saml:Issuer>\(escape(settings.entityID))</saml:Issuer>\(memory.xml)</samlp:LogoutRequest>
            """
        return try await work {
            .address(
                try SAMLRedirect(kind: .request, xml: xml, relayState: visit.state, signing: settings.signing).address(at: url))
        }
    }

    public func read(_ message: LogoutMessage) async throws(ConnectorError) -> LogoutNotice {
        let settings = try await source.current()
        guard let logout = settings.logout else { throw .refused("this connector has no single logout") }
        let reader = SAMLLogoutReader(settings: settings, logout: logout, now: clock.now)
        switch try await work({ try reader.read(message) }) {
        case .response(let response): return .response(state: response.relayState, problem: response.problem)
        case .request(let request):
            try await use(
                "saml logout\n\(request.issuer)\n\(request.id)", until: request.expiresAt,
                again: "the LogoutRequest was used before")
            return .request(
                LogoutOrder(
                    userID: request.nameID,
                    covers: { SAMLLogoutMemory.covers($0, sessions: request.sessionIndexes) },
                    answer: { () throws(ConnectorError) in try await answer(request, logout, settings) }))
        }
    }

    private func answer(
        _ request: SAMLLogoutReader.Request, _ logout: SAMLLogoutSettings, _ settings: SAMLSettings
    ) async throws(ConnectorError) -> ConnectorDestination? {
        guard let url = logout.responseURL ?? logout.serviceURL else { return nil }
        let escape = XMLEscaping.escape
        let xml = """
            <samlp:LogoutResponse xmlns:samlp="\(SAMLName.protocolNamespace)" xmlns:saml="\(SAMLName.assertionNamespace)" \
            ID="\(newID())" Version="2.0" IssueInstant="\(Timestamp(clock.now).text)" Destination="\(escape(url))" \
            InResponseTo="\(escape(request.id))"><saml:Issuer>\(escape(settings.entityID))</saml:Issuer>\
            <samlp:Status><samlp:StatusCode Value="\(SAMLName.success)"/></samlp:Status></samlp:LogoutResponse>
            """
        return try await work {
            .address(
                try SAMLRedirect(kind: .response, xml: xml, relayState: request.relayState, signing: settings.signing)
                    .address(at: url))
        }
    }
}

extension ServiceProviderMetadata {
    /// Where logout messages go to; it stands before `NameIDFormat` (saml-metadata §2.4.2).
    var singleLogoutServices: String {
        guard let address = settings.logout?.address else { return "" }
        return [SAMLName.redirect, SAMLName.post].map {
            "<md:SingleLogoutService Binding=\"\($0)\" Location=\"\(XMLEscaping.escape(address))\"/>"
        }.joined()
    }
}
