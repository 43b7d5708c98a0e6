"""Writes a session as the XML of a DAWproject."""

from lxml import etree

from dawbridge.formats.dawproject.writer.context import Export
from dawbridge.formats.dawproject.writer.elements import sub, xml_text
from dawbridge.formats.dawproject.writer.structure import write_structure
from dawbridge.formats.dawproject.writer.timeline import write_arrangement, write_transport
from dawbridge.session import Session


def project_xml(export: Export) -> bytes:
    """project.xml. Also fills the export's states and losses, and writes the audio files."""
    project = etree.Element("Project", version="1.0")
    sub(project, "Application", name="dawbridge", version="1")
    tempo_ids = write_transport(project, export.session.tempo, export)
    write_structure(project, export)
    write_arrangement(project, tempo_ids, export)
    return _encoded(project)


def metadata_xml(session: Session) -> bytes:
    """metadata.xml: the session's name as its title."""
    root = etree.Element("MetaData")
    sub(root, "Title").text = xml_text(session.name)
    return _encoded(root)


def _encoded(root: etree._Element) -> bytes:
    etree.indent(root, " ")
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")
