import Bytes
import JOSE

/// Messages of other sites about logouts. They come through a browser that may send no cookie of ours with them.
extension LogoutFlow {
    public func receive(_ message: LogoutMessage, connectorID: String, browser: LogoutBrowser) async -> LogoutAnswer {
        await answer { () throws(PageError) in
            guard let connector = parts.connectors[connectorID]?.connector as? any LogoutMessageConnector else {
                throw PageError(.invalid, "Requested resource does not exist.")
            }
            let notice: LogoutNotice
            do throws(ConnectorError) { notice = try await connector.read(message) } catch {
                throw refused(error, connectorID)
            }
            switch notice {
            case .request(let order): return try await carryOut(order, connectorID, browser)
            case .response(let state, let problem):
                if let problem { parts.events.record(.logoutFailed(connectorID: connectorID, detail: problem)) }
                // To where the browser adds its cookie.
                return LogoutAnswer(.returned(state: state))
            }
        }
    }

    private func carryOut(
        _ order: LogoutOrder, _ connectorID: String, _ browser: LogoutBrowser
    ) async throws(PageError) -> LogoutAnswer {
        do throws(StoreError) {
            let grants = try await parts.grants.refreshGrants(userID: order.userID, connectorID: connectorID, clientID: nil)
            let ending = grants.filter { order.covers($0.authentication.connectorData) }
            for grant in ending { try await Revoker(parts).revoke(id: grant.id) }
            for (clientID, grants) in Dictionary(grouping: ending, by: \.clientID.exact).sorted(by: { $0.key < $1.key }) {
                loggedOut(order.userID, connectorID, clientID.text, grants.map(\.id))
            }
        } catch {
            throw PageError(error, doing: "end a login", toldTo: parts.events)
        }
        let destination: ConnectorDestination?
        do throws(ConnectorError) { destination = try await order.answer() } catch { throw refused(error, connectorID) }
        var logins = await logins(browser.logins, browser.binding)
        logins.entries.removeAll { $0.isOf(userID: order.userID, connectorID: connectorID) }
        return changed(LogoutAnswer(destination.map(LogoutOutcome.leave) ?? .signedOut(uiLocales: [])), logins, .keep, browser)
    }

    private func refused(_ error: ConnectorError, _ connectorID: String) -> PageError {
        parts.events.record(.logoutFailed(connectorID: connectorID, detail: error.detail))
        return switch error {
        case .overloaded: PageError(.unavailable, "Too many people are logging out. Try again in a moment.")
        case .unavailable: PageError(.failed, "Logout error: the server could not complete the request.")
        case .gone, .refused, .denied:
            PageError(.forbidden, "Logout error: the message of the identity provider is not accepted.")
        }
    }
}
