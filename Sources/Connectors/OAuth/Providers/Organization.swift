/// An organization whose members may log in, or only those in some of its teams.
public struct Organization: Sendable {
    public let name: String
    /// Empty: all members.
    public let teams: [String]

    public init(name: String, teams: [String] = []) {
        self.name = name
        self.teams = teams
    }

    static func group(_ organization: String, _ team: String) -> String { organization + ":" + team }
}
