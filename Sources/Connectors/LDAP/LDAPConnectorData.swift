import Directory
import JOSE

/// What is remembered of a login for its refresh tokens. Dex's form, so that Dex's can be read and ours by Dex.
struct LDAPConnectorData: Sendable, Hashable {
    /// What the person typed.
    let username: String
    let dn: String

    init(username: String, dn: String) {
        self.username = username
        self.dn = dn
    }

    init?(json bytes: [UInt8]) {
        guard let json = try? JSON(parsing: bytes), let escaped = json["username"]?.string, let dn = json["entry"]?["DN"]?.string
        else { return nil }
        // Dex keeps the name as it stands in a filter.
        self.init(username: Filter.unescape(escaped), dn: dn)
    }

    var json: [UInt8] {
        let entry: JSONObject = ["DN": .string(dn), "Attributes": .array([])]
        let object: JSONObject = ["username": .string(Filter.escape(username)), "entry": .object(entry)]
        return object.serialized()
    }
}
