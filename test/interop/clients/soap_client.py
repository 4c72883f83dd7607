"""Reads the WSDL with zeep and adds two numbers."""
import sys

from zeep import Client

client = Client(f"http://{sys.argv[1]}:{sys.argv[2]}/?wsdl")
print("Hasil penjumlahan dari server SOAP:", client.service.add(int(sys.argv[3]), int(sys.argv[4])))
