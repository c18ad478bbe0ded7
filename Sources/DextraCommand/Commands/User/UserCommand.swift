import ArgumentParser

struct UserCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "user",
        abstract: "Keep the users who log in with a password.",
        discussion: """
            They are in the storage, beside those in staticPasswords. A running server sees every change at once.

              dextra user add ann@example.com --groups admins,developers --config config.yaml
              dextra user list --config config.yaml
              dextra user disable ann@example.com --config config.yaml
            """,
        subcommands: [UserAdd.self, UserList.self, UserSetPassword.self, UserDisable.self, UserEnable.self, UserRemove.self])
}
