import Bytes
import JOSE

/// A login that has just happened in a browser, as far as its logout needs it.
public struct BrowserLogin: Sendable, Hashable {
    @Exact public private(set) var userID: String
    @Exact public private(set) var connectorID: String
    @Exact public private(set) var clientID: String
    /// ``ConnectorIdentity/logoutMemory``.
    @Exact public private(set) var logoutMemory: String?

    init(userID: String, connectorID: String, clientID: String, logoutMemory: String?) {
        self.userID = userID
        self.connectorID = connectorID
        self.clientID = clientID
        self.logoutMemory = logoutMemory
    }
}

/// Who has logged in with a browser, newest first. It travels sealed in a cookie and is good in that browser only.
struct BrowserLogins: Sendable {
    struct Entry: Sendable, Hashable {
        @Exact private(set) var userID: String
        @Exact private(set) var connectorID: String
        /// Newest first.
        @Exact var clientIDs: [String]
        @Exact var logoutMemory: String?
        /// It is over here, and its session at the other site is to be ended.
        var isEnding = false

        init(userID: String, connectorID: String, clientIDs: [String], logoutMemory: String?, isEnding: Bool = false) {
            self.userID = userID
            self.connectorID = connectorID
            self.clientIDs = clientIDs
            self.logoutMemory = logoutMemory
            self.isEnding = isEnding
        }

        func isOf(userID: String, connectorID: String) -> Bool {
            self.userID.hasSameBytes(as: userID) && self.connectorID.hasSameBytes(as: connectorID)
        }
    }

    var entries: [Entry] = []

    static let purpose = "browser logins 1"
    /// Browsers keep cookies of 4096 bytes, name and attributes among them (RFC 6265bis §5.6). Sealing adds a third.
    static let longest = 2800
    private static let mostEntries = 4
    private static let mostClients = 8

    mutating func add(_ login: BrowserLogin) {
        let index = entries.firstIndex { $0.isOf(userID: login.userID, connectorID: login.connectorID) }
        var clientIDs = index.map { entries.remove(at: $0).clientIDs } ?? []
        clientIDs.removeAll { $0.hasSameBytes(as: login.clientID) }
        clientIDs.insert(login.clientID, at: 0)
        entries.insert(
            Entry(
                userID: login.userID, connectorID: login.connectorID, clientIDs: Array(clientIDs.prefix(Self.mostClients)),
                logoutMemory: login.logoutMemory), at: 0)
        entries = Array(entries.prefix(Self.mostEntries))
    }

    /// Forgets the oldest, and in the end even how to end the newest one's session, until the rest fits.
    func serialized(browser: [UInt8]) -> [UInt8] {
        var kept = self
        while true {
            let bytes = kept.json(browser: browser).serialized()
            if bytes.count <= Self.longest { return bytes }
            if kept.entries.count > 1 {
                kept.entries.removeLast()
            } else if kept.entries.first?.logoutMemory != nil {
                kept.entries[0].logoutMemory = nil
            } else {
                kept.entries = []
            }
        }
    }

    private func json(browser: [UInt8]) -> JSON {
        [
            "b": .string(Base64URL.encode(browser)),
            "l": .array(
                entries.map { entry in
                    var object: JSONObject = [
                        "u": .string(entry.userID), "k": .string(entry.connectorID),
                        "c": .array(entry.clientIDs.map(JSON.string)),
                    ]
                    if let memory = entry.logoutMemory { object["m"] = .string(memory) }
                    if entry.isEnding { object["e"] = true }
                    return .object(object)
                }),
        ]
    }

    init() {}

    /// - Returns: nil for another browser's.
    init?(_ bytes: [UInt8], browser: [UInt8]) {
        guard let object = (try? JSON(parsing: bytes))?.object,
            let owner = object["b"]?.string.flatMap({ try? Base64URL.decode($0) }), constantTimeEquals(owner, browser)
        else { return nil }
        entries = (object["l"]?.array ?? []).compactMap { entry in
            guard let userID = entry["u"]?.string, let connectorID = entry["k"]?.string else { return nil }
            return Entry(
                userID: userID, connectorID: connectorID, clientIDs: entry["c"]?.array?.compactMap(\.string) ?? [],
                logoutMemory: entry["m"]?.string, isEnding: entry["e"] == true)
        }
    }
}

extension LogoutRequest.Person {
    func isOf(_ entry: BrowserLogins.Entry) -> Bool {
        entry.isOf(userID: userID, connectorID: connectorID)
    }
}
