import NIOCore
import NIOPosix
import Testing

@testable import Web

@Suite("Tasks on an event loop") struct EventLoopTasksTests {
    @Test func `They run there, also after they have waited, and what is sent elsewhere does not`() async throws {
        let loop = MultiThreadedEventLoopGroup.singleton.any()
        let places = await withTaskExecutorPreference(EventLoopTasks(loop)) {
            let before = loop.inEventLoop
            await Task.yield()
            let after = loop.inEventLoop
            let elsewhere = await withTaskGroup(of: Bool.self) { group in
                group.addTask(executorPreference: globalConcurrentExecutor) { loop.inEventLoop }
                return await group.next()
            }
            return [before, after, elsewhere]
        }
        #expect(places == [true, true, false])
    }
}
