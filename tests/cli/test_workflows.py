from curation_core._cli.exits import Exit


def test_the_workflows_are_listed_with_their_policies(cli):
    cli.configure("[workflows.pages]\nevery = '90s'\nconcurrency = 3\n")
    cli.setenv("CURATION_WORKFLOWS__PAIRS__ENABLED", "false")
    answer = cli("workflows", "--plugin", "pages", "--plugin", "pairs")
    heading, pages, pairs, *_ = [line.split("  ") for line in answer.out.splitlines()]
    assert answer.code == Exit.WELL
    assert heading[0] == "workflow"
    assert [cell.strip() for cell in pages if cell.strip()] == [
        "pages", "page.status", "every 1m 30s", "5", "3", "5m", "1", "yes", "pages"
    ]  # fmt: skip
    assert [cell.strip() for cell in pairs if cell.strip()][-2:] == ["no", "pairs"]


def test_the_same_can_be_had_as_json(cli):
    listed = cli("workflows", "--plugin", "pages", "--json").json
    (workflow,) = listed["workflows"]
    assert (workflow["name"], workflow["table"], workflow["status"]) == ("pages", "page", "status")
    assert workflow["states"]["skipped"] == "Filtered"
    assert (workflow["policy"]["batch_size"], workflow["policy"]["every"]) == (5, 60)
    assert listed["plugins"][0]["hooks"] == ["declare_workflow", "process_item"]


def test_a_secret_of_a_plugin_is_not_listed(cli):
    cli.setenv("CURATION_WORKFLOWS__PAGES__SETTINGS__KEY", "sk-1234")
    for arguments in ([], ["--json"]):
        answer = cli("workflows", "--plugin", "pages", *arguments)
        assert answer.code == Exit.WELL
        assert "sk-1234" not in answer.out + answer.err


def test_a_plugin_that_is_wrong_is_listed_with_the_remedy_and_without_a_log_line(cli):
    cli.setenv("CURATION_PLUGINS", "nowhere")
    answer = cli("workflows")
    assert (answer.code, answer.err) == (Exit.WELL, "")
    assert "failed: allowed, but nothing installed has this name" in answer.out
    assert "remedy: install its distribution" in answer.out


def test_a_module_in_the_current_folder_can_be_named(cli):
    (cli.folder / "of_the_folder.py").write_text(
        "from pages import *\nfrom pages import declare_workflow, process_item\n"
    )
    assert cli("workflows", "--plugin", "of_the_folder", "--json").json["workflows"][0]["name"] == "of-the-folder"


def test_settings_that_only_a_run_needs_are_not_asked_for(cli):
    assert cli("workflows", "--plugin", "needing").code == Exit.WELL
    answer = cli("run", "--plugin", "needing")
    assert answer.code == Exit.CONFIGURATION
    assert "workflows.needing.settings.region" in answer.err


def test_with_nothing_installed_it_says_how_to_begin(cli):
    cli.setenv("CURATION_PLUGINS__DENY", "x")
    listed = cli("workflows", "--json").json
    assert listed["workflows"] == []
