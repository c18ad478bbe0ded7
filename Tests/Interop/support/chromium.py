"""Debian's Chromium, headless, by Selenium. Nothing is downloaded: both programs are named."""
import contextlib, os
from pathlib import Path

from selenium import webdriver
from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from .server import ROOT

SCREENSHOTS = ROOT / "build/screenshots"
SIZES = {"wide": (1280, 800), "narrow": (360, 640)}


class Chromium:
    def __init__(self, driver):
        self.driver = driver

    def open(self, url: str):
        self.driver.get(url)

    def wait(self, condition, seconds: float = 30):
        """Until the condition on this browser holds. A page that goes while it is looked at is looked at again."""
        going = [StaleElementReferenceException, NoSuchElementException]
        return WebDriverWait(self.driver, seconds, poll_frequency=.05, ignored_exceptions=going).until(lambda _: condition(self))

    def find(self, selector: str):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def find_all(self, selector: str) -> list:
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def shows(self, selector: str) -> bool:
        return any(element.is_displayed() for element in self.find_all(selector))

    @property
    def text(self) -> str:
        return self.find("body").text

    @property
    def url(self) -> str:
        return self.driver.current_url

    @property
    def focused(self):
        return self.driver.switch_to.active_element

    def log_in(self, login: str, password: str):
        self.find("input[name=login]").clear()
        self.find("input[name=login]").send_keys(login)
        # A browser that went back may have filled it in again.
        self.find("input[name=password]").clear()
        self.find("input[name=password]").send_keys(password)
        self.find("button[type=submit], input[type=submit]").click()

    def screenshot(self, name: str):
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.driver.save_screenshot(str(SCREENSHOTS / f"{name}.png"))

    def complaints(self) -> list[str]:
        """What the console says against us: violations of the policy, failed loads, script errors."""
        # Chromium logs every answer of 4xx as a failed load: a refused password is meant to be one.
        return [entry["message"] for entry in self.driver.get_log("browser")
                if entry["level"] in ("SEVERE", "WARNING") and "status of 401" not in entry["message"]
                and "favicon" not in entry["message"]]

    def media(self, scheme: str):
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})

    @property
    def scrolls_sideways(self) -> bool:
        return self.driver.execute_script("return document.documentElement.scrollWidth > document.documentElement.clientWidth")

    @property
    def background(self) -> int:
        """How bright the page is, 0 to 255, as a person sees it."""
        color = self.driver.execute_script("""
            for (const element of [document.body, document.documentElement]) {
                const color = getComputedStyle(element).backgroundColor;
                if (!/, 0\\)$|transparent/.test(color)) return color;
            }
            return 'rgb(255, 255, 255)';""")
        red, green, blue = (float(part) for part in color[color.index("(") + 1:].rstrip(")").split(",")[:3])
        return round(.2126 * red + .7152 * green + .0722 * blue)


@contextlib.contextmanager
def chromium(size: str = "wide", scheme: str = "light", javascript: bool = True, arguments: tuple[str, ...] = ()):
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for argument in ("--headless=new", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking",
                     "--disable-component-update", "--disable-sync", "--lang=en-US", "--hide-scrollbars", *arguments):
        options.add_argument(argument)
    if os.geteuid() == 0:
        # Chromium refuses its sandbox to root; the pages here are our own.
        options.add_argument("--no-sandbox")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    options.add_experimental_option("prefs", {"credentials_enable_service": False, "profile.password_manager_leak_detection": False}
                                    | ({} if javascript else {"profile.managed_default_content_settings.javascript": 2}))
    driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
    try:
        driver.set_page_load_timeout(60)
        width, height = SIZES[size]
        # The window cannot be as narrow as a telephone, its view can.
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False})
        browser = Chromium(driver)
        browser.media(scheme)
        yield browser
    finally:
        driver.quit()
