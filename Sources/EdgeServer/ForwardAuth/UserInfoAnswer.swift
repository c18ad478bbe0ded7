import Edge
import JOSE

/// oauth2-proxy's `/oauth2/userinfo`.
enum UserInfoAnswer {
    static func body(_ identity: EdgeIdentity) -> [UInt8] {
        var json: JSONObject = ["user": .string(identity.subject), "email": .string(identity.email ?? "")]
        if !identity.groups.isEmpty { json["groups"] = .array(identity.groups.map { .string($0) }) }
        json["preferredUsername"] = identity.preferredUsername.map { .string($0) }
        return json.serialized()
    }
}
