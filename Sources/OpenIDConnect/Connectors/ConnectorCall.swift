/// Asks a connector: the one place where it is timed, and where what it says of a person passes the configuration's mapping.
struct ConnectorCall: Sendable {
    let entry: ConnectorRegistry.Entry
    let events: any EventLog

    func authenticate(
        with connector: any PasswordConnector, username: String, password: String, scopes: [String]
    ) async throws(ConnectorError) -> ConnectorIdentity? {
        let started = ContinuousClock.now
        do throws(ConnectorError) {
            let found = try await connector.authenticate(username: username, password: password, scopes: scopes)
            answered(.login, since: started, nil)
            return found.map(mapped)
        } catch {
            answered(.login, since: started, error)
            throw error
        }
    }

    func identity(
        with connector: any NegotiateConnector, negotiating token: [UInt8], scopes: [String]
    ) async throws(ConnectorError) -> NegotiatedIdentity {
        let started = ContinuousClock.now
        do throws(ConnectorError) {
            let answer = try await connector.identity(negotiating: token, scopes: scopes)
            answered(.login, since: started, nil)
            return NegotiatedIdentity(mapped(answer.found), reply: answer.reply)
        } catch {
            answered(.login, since: started, error)
            throw error
        }
    }

    func changePassword(
        with connector: any PasswordChangeConnector, username: String, from old: String, to new: String
    ) async throws(ConnectorError) -> PasswordChange {
        let started = ContinuousClock.now
        do throws(ConnectorError) {
            let change = try await connector.changePassword(username: username, from: old, to: new)
            answered(.passwordChange, since: started, nil)
            return change
        } catch {
            answered(.passwordChange, since: started, error)
            throw error
        }
    }

    func identity(
        with connector: any CallbackConnector, from answer: ConnectorAnswer
    ) async throws(ConnectorError) -> ConnectorIdentity {
        let started = ContinuousClock.now
        do throws(ConnectorError) {
            let found = try await connector.identity(from: answer)
            answered(.login, since: started, nil)
            return mapped(found)
        } catch {
            answered(.login, since: started, error)
            throw error
        }
    }

    func refresh(
        with connector: any RefreshConnector, _ authentication: Authentication, scopes: [String]
    ) async throws(ConnectorError) -> ConnectorIdentity {
        let started = ContinuousClock.now
        do throws(ConnectorError) {
            let found = try await connector.refresh(
                authentication.identity, connectorData: authentication.connectorData, scopes: scopes)
            answered(.refresh, since: started, nil)
            return mapped(found)
        } catch {
            answered(.refresh, since: started, error)
            throw error
        }
    }

    private func mapped(_ found: ConnectorIdentity) -> ConnectorIdentity {
        var found = found
        found.identity = entry.mapping.apply(to: found.identity)
        return found
    }

    private func answered(_ operation: ConnectorOperation, since started: ContinuousClock.Instant, _ error: ConnectorError?) {
        events.record(
            .connectorAnswered(connectorID: entry.id, operation, took: ContinuousClock.now - started, failure: error))
    }
}
